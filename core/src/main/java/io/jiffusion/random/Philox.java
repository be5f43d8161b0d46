package io.jiffusion.random;

/**
 * Philox-4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2,
 * 3, SC 2011): a function from a counter of four words and a key of two to four random words.
 */
final class Philox {
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  private Philox() {}

  /** Writes the four words into two longs, the first word of each in its upper half. */
  static void block(int c0, int c1, int c2, int c3, int k0, int k1, long[] pair) {
    for (int round = 0; round < 10; round++) {
      long p0 = M0 * (c0 & 0xFFFFFFFFL);
      long p1 = M1 * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    pair[0] = (c0 & 0xFFFFFFFFL) << 32 | c1 & 0xFFFFFFFFL;
    pair[1] = (c2 & 0xFFFFFFFFL) << 32 | c3 & 0xFFFFFFFFL;
  }
}
