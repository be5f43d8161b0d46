package io.jiffusion.measure;

import io.jiffusion.random.Key;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Draws of images. */
final class Draws {
  private Draws() {}

  /** Some of 0 … all−1, none twice: the first of a shuffle (Fisher and Yates). */
  static int[] some(Key key, int all, int count) {
    int[] which = IntStream.range(0, all).toArray();
    for (int i = 0; i < count; i++) {
      int other = i + key.below(all - i, i);
      int one = which[i];
      which[i] = which[other];
      which[other] = one;
    }
    return Arrays.copyOf(which, count);
  }
}
