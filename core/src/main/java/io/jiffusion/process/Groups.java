package io.jiffusion.process;

import java.util.Arrays;

/** Groups of images of a batch, one behind the other, that share a step size. */
public final class Groups {
  private Groups() {}

  /**
   * Refuses what is no size of a group.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public static void check(int group) {
    if (group < 1) {
      throw new IllegalArgumentException(
          "illegal group: " + group + ", must be 1 (each image for itself) or more images");
    }
  }

  /** For each image the mean over its group, [B]; the last group may be smaller. */
  public static double[] means(double[] values, int group) {
    double[] means = new double[values.length];
    for (int from = 0; from < values.length; from += group) {
      int to = (int) Math.min((long) from + group, values.length);
      Arrays.fill(means, from, to, Arrays.stream(values, from, to).average().orElseThrow());
    }
    return means;
  }
}
