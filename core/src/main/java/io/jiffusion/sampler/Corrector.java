package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * Brings a state nearer to its distribution at its time, without moving it in time: one step of a
 * Markov chain whose limit is that distribution.
 */
@FunctionalInterface
public interface Corrector {

  /**
   * One step, one evaluation of the denoiser.
   *
   * @param draw number of the step's noise
   * @param xt the state at t
   * @param s the time to which the predictor goes next; 0 means "no noise"
   * @return another state at t
   */
  Batch correct(Walk walk, int draw, Batch xt, double t, double s);

  /** {@code (alpha·x̂0 − x_t)/sigma²}, the gradient of the log density at t. */
  static Batch score(Walk walk, Batch xt, double t) {
    double sigma = walk.schedule().sigma(t);
    double precision = 1 / (sigma * sigma);
    return Batch.lincomb(walk.schedule().alpha(t) * precision, walk.x0(xt, t), -precision, xt);
  }

  /**
   * The signal that the forward process keeps from s to t, squared: {@code α_i = 1 − β_i} of DDPM's
   * table, as Algorithm 5 of Song et al. 2021 has it, and 1 for VE (Algorithm 4).
   */
  static double kept(Walk walk, double t, double s) {
    double ratio = walk.schedule().alpha(t) / walk.schedule().alpha(s);
    return ratio * ratio;
  }
}
