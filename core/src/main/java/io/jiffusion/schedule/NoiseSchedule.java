package io.jiffusion.schedule;

/**
 * A forward process: {@code x_t = alpha(t) x0 + sigma(t) eps}, t running from data (0) to noise
 * (1).
 *
 * <p>DDPM, Improved DDPM, the VP, VE and sub-VP SDEs, EDM and rectified flow are all instances.
 * Everything else that the papers use follows from these two functions. As a stochastic
 * differential equation the process is {@code dx = f(t) x dt + g(t) dw}.
 */
public interface NoiseSchedule {

  /** Signal scale, at least 0. DDPM's ᾱ is {@code alpha²}. */
  double alpha(double t);

  /** Noise scale, at least 0. */
  double sigma(double t);

  /**
   * Half log-SNR, {@code log alpha − log sigma}; decreasing in t. Infinite where one of the two is
   * 0.
   */
  default double lambda(double t) {
    return Math.log(alpha(t)) - Math.log(sigma(t));
  }

  /**
   * Whether the state at t says anything of the data: whether alpha is more than half of what
   * float32 can tell of a number, in units of sigma. Networks read float32, so a smaller alpha,
   * such as the 6e-17 of {@code cos(pi/2)}, is none; who divides by it gets noise of 1e16.
   */
  default boolean hasSignal(double t) {
    return alpha(t) > 0x1p-24 * sigma(t);
  }

  /** EDM's noise level, {@code sigma/alpha}. */
  default double noiseLevel(double t) {
    return sigma(t) / alpha(t);
  }

  /**
   * Drift, {@code d log alpha/dt}; minus infinity where alpha = 0.
   *
   * <p>Differentiates numerically, for a smooth alpha to about 1e-11 of its size; the schedules of
   * this library give it exactly.
   */
  default double f(double t) {
    return Derivative.at(this::alpha, t) / alpha(t);
  }

  /**
   * Diffusion squared, {@code d(sigma²)/dt − 2 f sigma² = −2 sigma² dλ/dt} (Lu et al.: DPM-Solver,
   * 2022, arXiv 2206.00927, eq. 3.2); infinite where alpha = 0.
   *
   * <p>Differentiates numerically, as {@link #f} does.
   */
  default double g2(double t) {
    double sigma = sigma(t);
    double growth = Derivative.at(at -> sigma(at) * sigma(at), t);
    return sigma == 0 ? growth : growth - 2 * f(t) * sigma * sigma;
  }

  /**
   * Standard deviation of the state from which sampling starts: 1 for variance-preserving
   * processes.
   */
  default double priorStd() {
    return 1;
  }

  /** The times between which samplers walk by default. */
  default TimeRange range() {
    return new TimeRange(1e-3, 1);
  }

  /**
   * The times that a training draws from, and at which a trained model can therefore be asked: at
   * least {@link #range()}.
   */
  default TimeRange trainingRange() {
    return range();
  }

  /**
   * The time of a training example for a number drawn uniformly from (0, 1): uniform over {@link
   * #trainingRange}; the time of one of its indices for a table.
   */
  default double trainingTime(double u) {
    TimeRange range = trainingRange();
    return range.min() + u * (range.max() - range.min());
  }

  /**
   * The time at which the half log-SNR has the given value, found by bisection to the last bit.
   *
   * @throws IllegalArgumentException if no time in [0, 1] has it
   */
  default double timeOf(double lambda) {
    Inverse.checked(this, lambda);
    double low = 0; // lambda(low) >= lambda >= lambda(high)
    double high = 1;
    while (true) {
      double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) {
        return high;
      }
      if (lambda(middle) > lambda) {
        low = middle;
      } else {
        high = middle;
      }
    }
  }
}
