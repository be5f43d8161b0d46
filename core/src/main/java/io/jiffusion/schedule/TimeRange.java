package io.jiffusion.schedule;

/**
 * The usable times of a process, where a model can be asked and numbers are sound.
 *
 * @param min the least noisy, above 0
 * @param max the noisiest, at most 1
 */
public record TimeRange(double min, double max) {
  /**
   * A number this near to an end, relative to it, is that end, rounded to a 32-bit float or written
   * with six digits.
   */
  public static final double ROUNDING = 1e-5;

  public TimeRange {
    if (!(min > 0 && min <= max && max <= 1)) {
      throw new IllegalArgumentException(
          "illegal range of times: from "
              + min
              + " to "
              + max
              + ", must be above 0, not descending, and at most 1");
    }
  }

  /** The time, moved to an end where it is outside by no more than its rounding. */
  double snapped(double t) {
    boolean isEnd = t >= min * (1 - ROUNDING) && t <= max * (1 + ROUNDING);
    return isEnd ? Math.max(min, Math.min(max, t)) : t;
  }
}
