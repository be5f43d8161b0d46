package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * What the model says of one state, both ways, in one evaluation: {@link Walk#both}.
 *
 * @param schedule of the state
 * @param t its time
 * @param x0 the predicted data
 * @param eps the predicted noise, derived from it
 */
public record BothPredictions(NoiseSchedule schedule, double t, Batch x0, Batch eps) {

  /**
   * DDIM's step from this state to s, along another noise than the predicted one: PNDM's transfer
   * part, there eq. 9. In x/alpha it is {@code x_s = x_t + (n_s − n_t)·noise}, n being sigma/alpha.
   */
  public Batch along(Batch noise, double s) {
    double step = schedule.noiseLevel(s) - schedule.noiseLevel(t);
    double alpha = schedule.alpha(s);
    return Batch.lincomb(
        new double[] {alpha, schedule.sigma(s) - alpha * step, alpha * step}, x0, eps, noise);
  }

  /** DDIM's step to s: {@code alpha_s·x̂0 + sigma_s·ε}, its eq. 12 without noise. */
  public Batch ddim(double s) {
    return Batch.lincomb(schedule.alpha(s), x0, schedule.sigma(s), eps);
  }
}
