package io.jiffusion.train;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;

/**
 * The order in which a run sees its data: a new permutation in every epoch, known from (seed,
 * epoch) alone. Thread-safe.
 */
final class Shuffle {
  private final long seed;
  private final int size;
  private long epoch = -1;
  private int[] permutation;

  Shuffle(long seed, int size) {
    this.seed = seed;
    this.size = size;
  }

  /** Index of the example at a position counted from the start of the run. */
  synchronized int at(long position) {
    long epochOfPosition = position / size;
    if (epochOfPosition != epoch) {
      epoch = epochOfPosition;
      permutation = new Key(seed, epoch, Purpose.SHUFFLE).permutation(size);
    }
    return permutation[(int) (position % size)];
  }
}
