package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;

/** How much of a file the memory holds that Java has: half of it, the other half is for work. */
final class Heap {
  /** Bytes at most, in one array. */
  static final long MOST =
      Math.min(Runtime.getRuntime().maxMemory() / 2, (long) Integer.MAX_VALUE - 8);

  private Heap() {}

  /**
   * Refuses what does not fit, before it is allocated.
   *
   * @param where the file, for messages
   */
  static void mustHold(long bytes, Object where) {
    if (bytes > MOST) {
      throw new JiffusionException(
          where
              + " holds "
              + (bytes >> 20)
              + " MB, must be at most "
              + (MOST >> 20)
              + " MB, half of the memory that Java has; give it more:"
              + " JIFFUSION_JAVA_OPTS=-Xmx"
              + Math.max(2, (bytes >> 29) + 1)
              + "g");
    }
  }
}
