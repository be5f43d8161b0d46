package io.jiffusion.sampler;

import io.jiffusion.schedule.NoiseSchedule;

/**
 * A time of a walk with all that solvers in half log-SNR ask of it.
 *
 * @param alpha signal scale
 * @param sigma noise scale
 * @param lambda half log-SNR
 */
record Node(double t, double alpha, double sigma, double lambda) {

  static Node at(NoiseSchedule schedule, double t) {
    return new Node(t, schedule.alpha(t), schedule.sigma(t), schedule.lambda(t));
  }

  /** The node whose half log-SNR is {@code lambda}. */
  static Node of(NoiseSchedule schedule, double lambda) {
    return at(schedule, schedule.timeOf(lambda));
  }

  /** {@code h}, by how much the half log-SNR grows up to another node; negative when encoding. */
  double to(Node other) {
    return other.lambda - lambda;
  }
}
