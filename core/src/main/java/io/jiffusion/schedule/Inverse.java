package io.jiffusion.schedule;

/** What the inverses of half log-SNR share: the check of their argument, and stable functions. */
final class Inverse {
  private Inverse() {}

  /**
   * Refuses a half log-SNR that no time in [0, 1] has; one that is an end but for the rounding of
   * its noise level is that end.
   */
  static double checked(NoiseSchedule schedule, double lambda) {
    double high = schedule.lambda(0);
    double low = schedule.lambda(1);
    if (!(lambda <= high + TimeRange.ROUNDING && lambda >= low - TimeRange.ROUNDING)) {
      throw new IllegalArgumentException(
          "illegal half log-SNR: " + lambda + ", must be from " + low + " to " + high);
    }
    return Math.max(low, Math.min(high, lambda));
  }

  /** {@code log(1 + e^x)} for every x. */
  static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** Inverse hyperbolic sine of a number that is not negative. */
  static double asinh(double x) {
    return x > 1e8 ? Math.log(2) + Math.log(x) : Math.log1p(x + x * x / (1 + Math.hypot(1, x)));
  }
}
