package io.jiffusion.schedule;

/**
 * A forward process: {@code x_t = alpha(t) x0 + sigma(t) eps}, t running from data (small) to noise (large).
 *
 * <p>DDPM, Improved DDPM, the VP, VE and sub-VP SDEs, EDM and rectified flow are all instances. Everything else that the
 * papers use follows from these two functions.
 */
public interface NoiseSchedule {

  /** Signal scale, at least 0. DDPM's ᾱ is {@code alpha²}. */
  double alpha(double t);

  /** Noise scale, at least 0. */
  double sigma(double t);

  /** Half log-SNR, {@code log alpha − log sigma}; decreasing in t. */
  default double lambda(double t) {
    return Math.log(alpha(t)) - Math.log(sigma(t));
  }

  /** EDM's noise level, {@code sigma/alpha}. */
  default double noiseLevel(double t) {
    return sigma(t) / alpha(t);
  }

  /** Standard deviation of the state from which sampling starts: 1 for variance-preserving processes. */
  default double priorStd() {
    return 1;
  }
}
