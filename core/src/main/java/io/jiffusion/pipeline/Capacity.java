package io.jiffusion.pipeline;

import io.jiffusion.base.Check;

/** How many images arrays, and Java's memory, can hold at once. */
final class Capacity {
  private Capacity() {}

  /**
   * The largest number of images, at least 1.
   *
   * @param values of an image
   * @param bytes that are kept for a value
   */
  static int images(long values, long bytes) {
    long memory = Runtime.getRuntime().maxMemory() / 4 * 3; // the rest is for the work
    long most = Math.min(Integer.MAX_VALUE - 8, memory / bytes) / Math.max(1, values);
    return (int) Math.max(1, most);
  }

  /** Refuses more images than that. */
  static void check(int count, long values, long bytes, String images) {
    int most = images(values, bytes);
    Check.that(
        count <= most,
        "count",
        count,
        "must be at most "
            + most
            + " at once for images of "
            + images
            + " in the "
            + Runtime.getRuntime().maxMemory() / 1_000_000
            + " MB that Java has; make them in parts, as sample --format npz does, or give Java more"
            + " by -Xmx");
  }
}
