package io.jiffusion.schedule;

/**
 * The usable times of a process, where a model can be asked and numbers are sound.
 *
 * @param min the least noisy, above 0
 * @param max the noisiest, at most 1
 */
public record TimeRange(double min, double max) {

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
}
