package io.jiffusion.schedule;

import java.util.Arrays;

/**
 * The times that a sampler visits: descending from noise to data, or ascending to encode data as
 * noise.
 *
 * @param times at least two, strictly descending or strictly ascending, in [0, 1]; a last time of 0
 *     means "no noise": the last step returns the predicted data. A last time above 0 may be that
 *     before: a step of no length, in which a corrector or a clip still works. An ascending grid
 *     starts above 0, at the least noise that the model was trained on
 */
// Equal by value, as its equals says.
@SuppressWarnings("ArrayRecordComponent")
public record TimeGrid(double[] times) {
  /** A time computed in steps may lie outside of [0, 1] by so much: it is the end. */
  private static final double ROUNDING = 1e-12;

  public TimeGrid {
    if (times.length < 2) {
      throw new IllegalArgumentException("illegal times: " + times.length + ", must be 2 or more");
    }
    times = times.clone();
    boolean ascending = times[1] > times[0];
    for (int i = 0; i < times.length; i++) {
      times[i] = times[i] > 1 && times[i] <= 1 + ROUNDING ? 1 : times[i];
      times[i] = times[i] < 0 && times[i] >= -ROUNDING ? 0 : times[i];
      if (!(times[i] >= 0 && times[i] <= 1)) {
        throw new IllegalArgumentException(
            "illegal time " + i + ": " + times[i] + ", must be from 0 to 1");
      }
      boolean held = i > 1 && i == times.length - 1 && times[i] == times[i - 1] && times[i] > 0;
      if (i > 0 && !held && (ascending ? times[i] <= times[i - 1] : times[i] >= times[i - 1])) {
        throw new IllegalArgumentException(
            "illegal time "
                + i
                + ": "
                + times[i]
                + " after "
                + times[i - 1]
                + ", must be "
                + (ascending ? "larger" : "smaller")
                + " than the one before");
      }
    }
    if (times[0] == 0) {
      throw new IllegalArgumentException(
          "illegal time 0: 0.0, must be above 0: without noise there is nothing to predict; start"
              + " from the least noisy time of the training");
    }
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

  /** The grid that ends with a step of no length, at the last of these times. */
  static TimeGrid repeating(double... times) {
    double[] all = Arrays.copyOf(times, times.length + 1);
    all[times.length] = times[times.length - 1];
    return new TimeGrid(all);
  }

  /** Intervals: one step of a sampler each. */
  public int steps() {
    return times.length - 1;
  }

  /** Time number i, from 0 (the noise) to {@code steps()} (the end). */
  public double time(int i) {
    return times[i];
  }

  /** Whether the grid leads from data to noise. */
  public boolean ascending() {
    return times[1] > times[0];
  }

  /** Whether the last step ends at no noise, and so returns the predicted data. */
  public boolean endsWithoutNoise() {
    return times[times.length - 1] == 0;
  }

  /** Steps to a time where there is noise: all of them, or all but the last. */
  public int noisySteps() {
    return endsWithoutNoise() ? steps() - 1 : steps();
  }

  /**
   * The same times in the other direction: to encode data as noise, with the sampler that would
   * decode them. A last step of no length is left out.
   *
   * @throws IllegalArgumentException if the last time is 0
   */
  public TimeGrid reversed() {
    boolean held = times[times.length - 1] == times[times.length - 2];
    int last = times.length - (held ? 2 : 1);
    double[] backwards = new double[last + 1];
    for (int i = 0; i <= last; i++) {
      backwards[i] = times[last - i];
    }
    return new TimeGrid(backwards);
  }

  /** The part from time number {@code first} to time number {@code last}. */
  public TimeGrid part(int first, int last) {
    return new TimeGrid(Arrays.copyOfRange(times, first, last + 1));
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
