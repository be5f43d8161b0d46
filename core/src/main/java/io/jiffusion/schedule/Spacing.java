package io.jiffusion.schedule;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A rule that spreads times between two ends, whatever the schedule.
 *
 * <p>Those that work with the noise level ({@link #LOG_SNR}, {@link #karras}, {@link
 * #polyexponential}, {@link #edmVp}, {@link #edmIddpm}) find times by {@link NoiseSchedule#timeOf}
 * and need ends with both signal and noise. To choose steps of a trained table, see {@link
 * Respacing}.
 */
@FunctionalInterface
public interface Spacing {

  /** Evenly spaced times: score SDE's, and DPM-Solver's {@code time_uniform}. */
  Spacing TIME = (schedule, count, start, end) -> even(count, start, end, u -> mix(start, end, u));

  /**
   * Squares of evenly spaced numbers, denser near the data: DPM-Solver's {@code time_quadratic}.
   */
  Spacing TIME_QUADRATIC =
      (schedule, count, start, end) ->
          even(count, start, end, u -> Math.pow(mix(Math.sqrt(start), Math.sqrt(end), u), 2));

  /**
   * Evenly spaced half log-SNR, DPM-Solver's {@code logSNR}; the same times as k-diffusion's
   * exponential noise levels and EDM's {@code ve} discretization, which are evenly spaced in the
   * logarithm of the noise level.
   */
  Spacing LOG_SNR = polyexponential(1);

  /**
   * Times from start to end.
   *
   * @param count how many, at least 1; a single one is the start
   * @return [count], from start to end
   * @throws IllegalArgumentException if the schedule has no such times
   */
  double[] times(NoiseSchedule schedule, int count, double start, double end);

  /**
   * Noise levels whose rho-th roots are evenly spaced (Karras et al. 2022, arXiv 2206.00364, eq.
   * 5): {@code σ_i = (σ_max^(1/ρ) + i/(N − 1)·(σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ}. EDM's grid, with
   * EDM's ends on its own schedule.
   *
   * @param rho 7 in the paper; larger is denser near the data
   */
  static Spacing karras(double rho) {
    checkRho(rho);
    return (schedule, count, start, end) -> {
      double most = Math.exp(-lambda(schedule, start) / rho); // rho-th root of the noise level
      double least = Math.exp(-lambda(schedule, end) / rho);
      return even(count, start, end, u -> schedule.timeOf(-rho * Math.log(mix(most, least, u))));
    };
  }

  /**
   * k-diffusion's polyexponential noise levels: the logarithm follows a power of the way left.
   *
   * @param rho 1 spaces evenly in half log-SNR; larger is denser near the data
   */
  static Spacing polyexponential(double rho) {
    checkRho(rho);
    return (schedule, count, start, end) -> {
      double low = lambda(schedule, start);
      double high = lambda(schedule, end);
      return even(count, start, end, u -> schedule.timeOf(mix(high, low, Math.pow(1 - u, rho))));
    };
  }

  /**
   * EDM's {@code vp} discretization: the noise levels that a VP SDE has at evenly spaced times from
   * 1 to epsilon, its betas such that they begin and end at the given ones.
   *
   * @param epsilon 1e-3 in the paper
   */
  static Spacing edmVp(double epsilon) {
    return (schedule, count, start, end) -> {
      // log(1 + n²) of a VP SDE is curve/2·t² + slope·t
      double most = Inverse.softplus(-2 * lambda(schedule, start));
      double least = Inverse.softplus(-2 * lambda(schedule, end));
      double curve = 2 * (least / epsilon - most) / (epsilon - 1);
      double slope = most - 0.5 * curve;
      if (slope + curve * (curve < 0 ? 1 : epsilon) <= 0) {
        throw new IllegalArgumentException(
            "illegal ends of spacing edm-vp: half log-SNR from "
                + lambda(schedule, start)
                + " to "
                + lambda(schedule, end)
                + ", must be further apart, since no VP SDE goes from one to the other in times 1 to "
                + epsilon
                + "; use logsnr or karras");
      }
      return even(
          count,
          start,
          end,
          u -> {
            double t = mix(1, epsilon, u);
            return schedule.timeOf(-0.5 * Math.log(Math.expm1((0.5 * curve * t + slope) * t)));
          });
    };
  }

  /**
   * EDM's {@code iddpm} discretization: evenly chosen from the noise levels that a cosine table of
   * 1000 steps has between the ends, so that the first and last are near these.
   */
  static Spacing edmIddpm() {
    return (schedule, count, start, end) -> {
      double most = Math.exp(-lambda(schedule, start));
      double least = Math.exp(-lambda(schedule, end));
      double[] levels =
          Arrays.stream(iddpmLevels())
              .filter(n -> n >= least * (1 - TimeRange.ROUNDING))
              .filter(n -> n <= most * (1 + TimeRange.ROUNDING))
              .toArray();
      if (levels.length < count) {
        throw new IllegalArgumentException(
            "illegal steps: "
                + count
                + " for spacing edm-iddpm, must be at most "
                + levels.length
                + ", the noise levels of its table between these ends");
      }
      double[] times = new double[count];
      double stride = (levels.length - 1.0) / Math.max(1, count - 1);
      for (int i = 0; i < count; i++) {
        times[i] = schedule.timeOf(-Math.log(levels[(int) Math.rint(stride * i)]));
      }
      return times;
    };
  }

  /** The grid of S steps from start to end, at both of which there is noise. */
  default TimeGrid grid(NoiseSchedule schedule, int steps, double start, double end) {
    return new TimeGrid(times(schedule, checkSteps(steps) + 1, start, end));
  }

  /** The grid of S times from start to end and then the data: S steps, the last to no noise. */
  default TimeGrid gridToData(NoiseSchedule schedule, int steps, double start, double end) {
    double[] noisy = times(schedule, checkSteps(steps), start, end);
    return new TimeGrid(Arrays.copyOf(noisy, steps + 1));
  }

  private static double[] even(int count, double start, double end, DoubleUnaryOperator time) {
    double[] times = new double[count];
    for (int i = 0; i < count; i++) {
      times[i] = i == 0 ? start : i == count - 1 ? end : time.applyAsDouble(i / (count - 1.0));
    }
    return times;
  }

  private static double mix(double start, double end, double u) {
    return start + u * (end - start);
  }

  private static double lambda(NoiseSchedule schedule, double t) {
    double lambda = schedule.lambda(t);
    if (Double.isFinite(lambda)) {
      return lambda;
    }
    throw new IllegalArgumentException(
        "illegal end of a spacing in noise levels: time "
            + t
            + ", where half log-SNR is "
            + lambda
            + ", must have both signal and noise; give start= and end= further inside, or use the"
            + " spacing time");
  }

  private static double[] iddpmLevels() {
    int steps = 1000;
    double[] levels = new double[steps + 1]; // u of the paper, from the noisiest to 0
    for (int j = steps; j > 0; j--) {
      double ratio = iddpmAlphaBar(j - 1, steps) / iddpmAlphaBar(j, steps);
      levels[j - 1] = Math.sqrt((levels[j] * levels[j] + 1) / Math.max(ratio, 0.001) - 1);
    }
    return levels;
  }

  private static double iddpmAlphaBar(int j, int steps) {
    return Math.pow(Math.sin(0.5 * Math.PI * j / steps / (0.008 + 1)), 2);
  }

  private static void checkRho(double rho) {
    if (!(rho > 0)) {
      throw new IllegalArgumentException("illegal rho: " + rho + ", must be above 0");
    }
  }

  private static int checkSteps(int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException("illegal steps: " + steps + ", must be 1 or more");
    }
    return steps;
  }
}
