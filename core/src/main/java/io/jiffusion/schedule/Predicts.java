package io.jiffusion.schedule;

/**
 * What a network was trained to predict, told as {@link Scalings}; nothing else in the library asks
 * which it is.
 *
 * <p>EPS and SCORE leave the data undetermined where alpha = 0: a time without signal is refused.
 */
@FunctionalInterface
public interface Predicts {

  /** The noise: DDPM, DDIM, latent diffusion. */
  Predicts EPS =
      (schedule, t, label) -> {
        double alpha = signal("eps", schedule, t);
        return new Scalings(1, 1 / alpha, -schedule.sigma(t) / alpha, label);
      };

  /** The data. */
  Predicts X0 = (schedule, t, label) -> new Scalings(1, 0, 1, label);

  /** {@code alpha·eps − sigma·x0} (Salimans, Ho: Progressive distillation, 2022). */
  Predicts V =
      (schedule, t, label) -> {
        double alpha = schedule.alpha(t);
        double sigma = schedule.sigma(t);
        double norm = alpha * alpha + sigma * sigma;
        return new Scalings(1, alpha / norm, -sigma / norm, label);
      };

  /** The gradient of the log density of x_t, {@code −eps/sigma} in the mean. */
  Predicts SCORE =
      (schedule, t, label) -> {
        double alpha = signal("score", schedule, t);
        double sigma = schedule.sigma(t);
        return new Scalings(1, 1 / alpha, sigma * sigma / alpha, label);
      };

  /** The score times sigma, {@code −eps} in the mean: the VE networks of EDM's comparison. */
  Predicts SCALED_SCORE =
      (schedule, t, label) -> {
        double alpha = signal("scaled score", schedule, t);
        return new Scalings(1, 1 / alpha, schedule.sigma(t) / alpha, label);
      };

  /** {@code eps − x0}, the velocity of rectified flow; needs {@code alpha + sigma = 1}. */
  Predicts VELOCITY =
      (schedule, t, label) -> {
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
      };

  /**
   * EDM's preconditioned network, on any schedule: input and target have unit variance at every
   * noise level {@code n = sigma/alpha} (Karras et al. 2022, arXiv 2206.00364, eq. 7 and table 1:
   * {@code c_in = 1/√(σ² + σ_data²)}, {@code c_skip = σ_data²/(σ² + σ_data²)}, {@code c_out =
   * σ·σ_data/√(σ² + σ_data²)}).
   *
   * @param sigmaData standard deviation of the data: 0.5 in the paper, for images in [−1, 1]
   */
  static Predicts edm(double sigmaData) {
    if (!(sigmaData > 0)) {
      throw new IllegalArgumentException("illegal sigmaData: " + sigmaData + ", must be above 0");
    }
    return (schedule, t, label) -> {
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      double data = alpha * sigmaData;
      double std = Math.hypot(sigma, data); // of x_t
      // the paper's for x_t/alpha, times what makes them numbers of x_t: sound where alpha is 0
      return new Scalings(1 / std, data * sigmaData / (std * std), sigma * sigmaData / std, label);
    };
  }

  /**
   * The four numbers at time t.
   *
   * @param label what the network is told of the time, as {@link TimeLabel#at} gives it
   * @throws IllegalArgumentException if the prediction does not determine the data there
   */
  Scalings scalings(NoiseSchedule schedule, double t, double label);

  private static double signal(String name, NoiseSchedule schedule, double t) {
    double alpha = schedule.alpha(t);
    if (schedule.hasSignal(t)) {
      return alpha;
    }
    throw new IllegalArgumentException(
        "illegal time: "
            + t
            + " for "
            + name
            + " prediction, where alpha is "
            + (alpha == 0 ? "0" : alpha)
            + ", must have a signal (none is left there); start at an earlier time, or use a model"
            + " that predicts v or x0");
  }
}
