package io.jiffusion.schedule;

import java.util.Locale;

/**
 * What a network was trained to predict, told as {@link Scalings}; nothing else in the library asks
 * which it is.
 *
 * <p>eps and score leave the data undetermined where alpha = 0: a time without signal is refused.
 */
public enum Predicts {
  /** The noise: DDPM, DDIM, latent diffusion. */
  EPS {
    @Override
    public Scalings scalings(NoiseSchedule schedule, double t, double label) {
      double alpha = signal(schedule, t);
      return new Scalings(1, 1 / alpha, -schedule.sigma(t) / alpha, label);
    }
  },

  /** The data. */
  X0 {
    @Override
    public Scalings scalings(NoiseSchedule schedule, double t, double label) {
      return new Scalings(1, 0, 1, label);
    }
  },

  /** {@code alpha·eps − sigma·x0} (Salimans, Ho: Progressive distillation, 2022). */
  V {
    @Override
    public Scalings scalings(NoiseSchedule schedule, double t, double label) {
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      double norm = alpha * alpha + sigma * sigma;
      return new Scalings(1, alpha / norm, -sigma / norm, label);
    }
  },

  /** The gradient of the log density of x_t, {@code −eps/sigma} in the mean. */
  SCORE {
    @Override
    public Scalings scalings(NoiseSchedule schedule, double t, double label) {
      double alpha = signal(schedule, t);
      double sigma = schedule.sigma(t);
      return new Scalings(1, 1 / alpha, sigma * sigma / alpha, label);
    }
  },

  /** {@code eps − x0}, the velocity of rectified flow; needs {@code alpha + sigma = 1}. */
  VELOCITY {
    @Override
    public Scalings scalings(NoiseSchedule schedule, double t, double label) {
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      if (Math.abs(alpha + sigma - 1) > 1e-9) {
        throw new IllegalArgumentException(
            "illegal schedule for velocity prediction: alpha + sigma = "
                + (alpha + sigma)
                + " at time "
                + t
                + ", must be 1; use v prediction for other schedules");
      }
      return new Scalings(1, 1, -sigma, label);
    }
  };

  /**
   * The four numbers at time t.
   *
   * @param label what the network is told of the time, as {@link TimeLabel#at} gives it
   * @throws IllegalArgumentException if the prediction does not determine the data there
   */
  public abstract Scalings scalings(NoiseSchedule schedule, double t, double label);

  double signal(NoiseSchedule schedule, double t) {
    double alpha = schedule.alpha(t);
    if (alpha > 0) {
      return alpha;
    }
    throw new IllegalArgumentException(
        "illegal time: "
            + t
            + " for "
            + name().toLowerCase(Locale.ROOT)
            + " prediction, must have alpha above 0 (there is no signal left); start at an earlier time, or use a model"
            + " that predicts v or x0");
  }
}
