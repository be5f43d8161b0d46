package io.jiffusion.random;

/**
 * A key from which draws are derived, without any hidden state: the same key gives the same numbers
 * on every JVM, in any order, on any thread.
 *
 * <p>The generator is Philox-4x32-10. Its 64-bit key is the seed; its 128-bit counter is made of
 * the index, the purpose and the number of the draw. A draw takes two of the four words, so block k
 * of a key holds draws 2k and 2k+1.
 *
 * @param seed of an image, or of a training run
 * @param index the step, or whatever else tells draws of one purpose apart
 * @param purpose what the draws are for
 */
public record Key(long seed, long index, Purpose purpose) {

  /** Draw number {@code i}: 64 uniformly distributed bits. */
  public long bits(long i) {
    long[] pair = new long[2];
    block(i >>> 1, pair);
    return pair[(int) (i & 1)];
  }

  /** Fills {@code out} with draws 0, 1, 2 and so on. */
  public void bits(long[] out) {
    long[] pair = new long[2];
    for (int i = 0; i < out.length; i += 2) {
      block(i >>> 1, pair);
      out[i] = pair[0];
      if (i + 1 < out.length) {
        out[i + 1] = pair[1];
      }
    }
  }

  /**
   * Draw number {@code i}, uniform in the open interval (0, 1): the middle of one of 2^52 equal
   * cells.
   */
  public double uniform(long i) {
    return unit(bits(i));
  }

  /** Draw number {@code i}, uniform in 0 … bound−1; the bias is below bound/2^52. */
  public int below(int bound, long i) {
    return (int) (uniform(i) * bound);
  }

  /** Fills {@code out[from] … out[from+count−1]} with draws 0 … count−1, standard normal. */
  public void normals(double[] out, int from, int count) {
    long[] pair = new long[2];
    for (int i = 0; i < count; i += 2) {
      block(i >>> 1, pair);
      out[from + i] = Normal.quantile(unit(pair[0]));
      if (i + 1 < count) {
        out[from + i + 1] = Normal.quantile(unit(pair[1]));
      }
    }
  }

  /** The numbers 0 … n−1 in random order (Fisher and Yates). */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = below(i + 1, i);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** The middle of one of 2^52 equal cells: never 0, never 1. */
  private static double unit(long bits) {
    return ((bits >>> 12) + 0.5) * 0x1p-52;
  }

  private void block(long number, long[] pair) {
    Philox.block(
        (int) number,
        purpose.code() << 24 ^ (int) (number >>> 32),
        (int) index,
        (int) (index >>> 32),
        (int) seed,
        (int) (seed >>> 32),
        pair);
  }
}
