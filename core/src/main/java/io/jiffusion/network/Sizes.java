package io.jiffusion.network;

/**
 * How large a network may be. Every size that a file can name is looked at here before it is used,
 * so none leads to an overflow, to more layers than memory holds, or to arrays without end.
 */
final class Sizes {
  /** Channels, widths of vectors, rows of attention. */
  static final int CHANNELS = 1 << 16;

  /** Rows and columns of an image. */
  static final int SIDE = 1 << 14;

  /** Levels, each half as large as the one before. */
  static final int LEVELS = 12;

  /** Blocks of a level, or of a network without levels. */
  static final int BLOCKS = 256;

  /** Rows of a table of classes or codes. */
  static final int ROWS = 1 << 20;

  /** Layers of a network that have weights or cost arithmetic. */
  static final int LAYERS = 100_000;

  /** Numbers in one parameter, as one Java array holds. */
  static final long PARAMETER = Integer.MAX_VALUE - 8;

  /** Numbers in all parameters. */
  static final long PARAMETERS = 1L << 36;

  private Sizes() {}

  /** The product of what an operation costs. */
  static long product(String name, long... factors) {
    long product = 1;
    for (long factor : factors) {
      long high = Math.multiplyHigh(product, factor);
      product *= factor;
      if (high != 0 || product < 0) {
        throw new IllegalArgumentException(
            "illegal network at " + name + ": its size is beyond all numbers, must be smaller");
      }
    }
    return product;
  }
}
