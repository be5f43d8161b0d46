package io.jiffusion.schedule;

/**
 * Noise levels at the quantiles of a beta distribution (Lee et al.: Beta sampling is all you need,
 * 2024): dense at both ends. diffusers' {@code use_beta_sigmas}.
 */
final class BetaSpacing {
  private static final int MOST_TERMS = 500;
  private static final double TINY = 1e-300;

  private BetaSpacing() {}

  /**
   * The spacing.
   *
   * @param a 0.6 in the paper and in diffusers
   * @param b 0.6 too
   */
  static Spacing of(double a, double b) {
    if (!(a > 0 && b > 0 && a <= 100 && b <= 100)) {
      throw new IllegalArgumentException(
          "illegal a and b of spacing beta: " + a + ", " + b + ", must be above 0, at most 100");
    }
    return (schedule, count, start, end) -> {
      double most = schedule.noiseLevel(start);
      double least = schedule.noiseLevel(end);
      double[] times = new double[count];
      for (int i = 0; i < count; i++) {
        double u = 1 - i / Math.max(1.0, count - 1);
        times[i] =
            i == 0
                ? start
                : i == count - 1
                    ? end
                    : schedule.timeOf(-Math.log(least + quantile(u, a, b) * (most - least)));
      }
      return times;
    };
  }

  /** Where the distribution's share is u, by bisection. */
  private static double quantile(double u, double a, double b) {
    double low = 0;
    double high = 1;
    while (true) {
      double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high || high - low < 1e-16) {
        return middle;
      }
      if (share(middle, a, b) < u) {
        low = middle;
      } else {
        high = middle;
      }
    }
  }

  /** The regularised incomplete beta function, by its continued fraction. */
  private static double share(double x, double a, double b) {
    if (x > (a + 1) / (a + b + 2)) {
      return 1 - share(1 - x, b, a);
    }
    double front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
    double c = 1;
    double d = 1 / noZero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= MOST_TERMS; m++) { // Lentz's method
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / noZero(1 + even * d);
      c = noZero(1 + even / c);
      fraction *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / noZero(1 + odd * d);
      c = noZero(1 + odd / c);
      double change = d * c;
      fraction *= change;
      if (Math.abs(change - 1) < 1e-15) {
        break;
      }
    }
    return front * fraction;
  }

  private static double noZero(double value) {
    return Math.abs(value) < TINY ? TINY : value;
  }

  private static double logBeta(double a, double b) {
    return logGamma(a) + logGamma(b) - logGamma(a + b);
  }

  /** Stirling's series, after the argument is raised to where it is exact. */
  private static double logGamma(double x) {
    double shift = 0;
    while (x < 15) {
      shift += Math.log(x++);
    }
    double y = 1 / (x * x);
    return (x - 0.5) * Math.log(x)
        - x
        + 0.5 * Math.log(2 * Math.PI)
        + (1 / 12. - y * (1 / 360. - y * (1 / 1260. - y * (1 / 1680. - y / 1188)))) / x
        - shift;
  }
}
