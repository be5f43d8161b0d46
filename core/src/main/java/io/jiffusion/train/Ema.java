package io.jiffusion.train;

/**
 * The exponential moving average of the weights, {@code ema ← decay·ema + (1 − decay)·w}, which is
 * what samples well.
 *
 * @param decay the largest decay a step; 0.9999 in DDPM, less for short runs
 */
public record Ema(double decay) {

  /**
   * Decay of step 0, 1, …: {@code (1+n)/(10+n)} until the largest is reached, n updates having been
   * made; score_sde counts the present one among them.
   */
  double at(long step) {
    return Math.min(decay, (1.0 + step) / (10.0 + step));
  }
}
