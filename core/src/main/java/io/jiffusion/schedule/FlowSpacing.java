package io.jiffusion.schedule;

/**
 * Evenly spaced times, moved towards the noise: {@code t → s·t/(1 + (s − 1)·t)}, the shift of
 * Stable Diffusion 3 (Esser et al.: Scaling rectified flow transformers, 2024). diffusers' {@code
 * use_flow_sigmas}.
 */
final class FlowSpacing {
  private static final double NEAR_NOISE = 1 - 1e-6; // where UniPC of diffusers starts

  private FlowSpacing() {}

  /**
   * S of S + 1 evenly spaced times, all but the last.
   *
   * @param shift 1 is none
   * @param fromNoise whether they go from 1 to 1/1000, as those of UniPC do; if not, from 1 −
   *     1/1000 to 0, as those of DPM-Solver
   */
  static Spacing of(double shift, boolean fromNoise) {
    if (!(shift > 0 && Double.isFinite(shift))) {
      throw new IllegalArgumentException("illegal shift: " + shift + ", must be above 0");
    }
    double noisiest = fromNoise ? 1 : 1 - 1e-3;
    return (schedule, count, start, end) -> {
      double[] times = new double[count];
      for (int i = 0; i < count; i++) {
        double t = noisiest - i * (1 - 1e-3) / count;
        times[i] = Math.min(shift * t / (1 + (shift - 1) * t), NEAR_NOISE);
      }
      return times;
    };
  }
}
