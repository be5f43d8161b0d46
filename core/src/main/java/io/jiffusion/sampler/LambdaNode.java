package io.jiffusion.sampler;

import io.jiffusion.schedule.NoiseSchedule;

/**
 * A time of a walk with all that solvers in half log-SNR ask of it.
 *
 * @param alpha signal scale
 * @param sigma noise scale
 * @param lambda half log-SNR
 */
public record LambdaNode(double t, double alpha, double sigma, double lambda) {

  static LambdaNode at(NoiseSchedule schedule, double t) {
    return new LambdaNode(t, schedule.alpha(t), schedule.sigma(t), schedule.lambda(t));
  }

  /** The node whose half log-SNR is {@code lambda}. */
  static LambdaNode of(NoiseSchedule schedule, double lambda) {
    return at(schedule, schedule.timeOf(lambda));
  }

  /** {@code h}, by how much the half log-SNR grows up to another node; negative when encoding. */
  double to(LambdaNode other) {
    return other.lambda - lambda;
  }

  /**
   * The node below this one to which the flow leads in an ancestral step from s, before fresh noise
   * leads up to this one: k-diffusion's, not below the noise level at the end of the walk. It has
   * this node's time and signal.
   */
  LambdaNode down(LambdaNode s, double eta, LambdaNode end) {
    double level = AncestralStep.of(s.sigma / s.alpha, sigma / alpha, eta).down();
    double lambda = Math.min(Math.max(this.lambda, end.lambda), -Math.log(level));
    return new LambdaNode(t, alpha, alpha * Math.exp(-lambda), lambda);
  }

  /** Standard deviation of the fresh noise that leads from a node below up to this one. */
  double up(LambdaNode down) {
    return sigma * Math.sqrt(-Math.expm1(2 * down.to(this)));
  }
}
