package io.jiffusion.schedule;

import java.util.Arrays;

/**
 * The times that a sampler visits, from noise to data.
 *
 * @param times at least two, strictly descending, in [0, 1]; a last time of 0 means "no noise": the
 *     last step returns the predicted data
 */
public record TimeGrid(double[] times) {

  public TimeGrid {
    if (times.length < 2) {
      throw new IllegalArgumentException("illegal times: " + times.length + ", must be 2 or more");
    }
    for (int i = 0; i < times.length; i++) {
      if (!(times[i] >= 0 && times[i] <= 1)) {
        throw new IllegalArgumentException(
            "illegal time " + i + ": " + times[i] + ", must be from 0 to 1");
      }
      if (i > 0 && times[i] >= times[i - 1]) {
        throw new IllegalArgumentException(
            "illegal time "
                + i
                + ": "
                + times[i]
                + " after "
                + times[i - 1]
                + ", must be smaller than the one before");
      }
    }
    times = times.clone();
  }

  /**
   * The grid that visits some indices of a process of T steps and then the data.
   *
   * @param trained T
   * @param indices ascending, from 0 to T − 1, as {@link Respacing} lists them
   */
  public static TimeGrid of(int trained, int... indices) {
    checkIndices(indices, trained);
    double[] times = new double[indices.length + 1];
    for (int i = 0; i < indices.length; i++) {
      times[i] = (indices[indices.length - 1 - i] + 1.0) / trained;
    }
    return new TimeGrid(times);
  }

  /** Intervals: one step of a sampler each. */
  public int steps() {
    return times.length - 1;
  }

  /** Time number i, from 0 (the noise) to {@code steps()} (the end). */
  public double time(int i) {
    return times[i];
  }

  @Override
  public double[] times() {
    return times.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TimeGrid grid && Arrays.equals(times, grid.times);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(times);
  }

  @Override
  public String toString() {
    return Arrays.toString(times);
  }

  static int[] checkIndices(int[] indices, int trained) {
    if (indices.length == 0) {
      throw new IllegalArgumentException("illegal indices: none, must be 1 or more");
    }
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= trained) {
        throw new IllegalArgumentException(
            "illegal index: "
                + indices[i]
                + ", must be from 0 to "
                + (trained - 1)
                + " for a model of "
                + trained
                + " steps");
      }
      if (i > 0 && indices[i] <= indices[i - 1]) {
        throw new IllegalArgumentException(
            "illegal index: "
                + indices[i]
                + " after "
                + indices[i - 1]
                + ", must be ascending without repeats");
      }
    }
    return indices;
  }
}
