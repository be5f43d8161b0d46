package io.jiffusion.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyTest {
  private static final int MANY = 200_000;

  /**
   * The vectors that the generator's authors publish with their library Random123 (kat_vectors,
   * philox4x32 10).
   */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1",
  })
  void computesTheKnownAnswersOfPhilox(String counter, String key, String words) {
    int[] c = words(counter);
    int[] k = words(key);
    long[] pair = new long[2];
    Philox.block(c[0], c[1], c[2], c[3], k[0], k[1], pair);
    assertThat(String.format("%016x%016x", pair[0], pair[1])).isEqualTo(words.replace(" ", ""));
  }

  private static int[] words(String text) {
    return Arrays.stream(text.split(" "))
        .mapToInt(word -> Integer.parseUnsignedInt(word, 16))
        .toArray();
  }

  @Test
  void keepsItsNumbersForEver() {
    Key key = new Key(7, 3, Purpose.STEP);
    double[] normals = new double[5];
    key.normals(normals, 0, 5);
    assertThat(new long[] {key.bits(0), key.bits(1), key.bits(1L << 40)})
        .containsExactly(-3600248510000004611L, -6734671543385106575L, 3251946914011562602L);
    assertThat(normals)
        .containsExactly(
            0.8590014326411846,
            0.3448933477777831,
            -0.12869273817719568,
            -0.1436169903935358,
            0.12162490132217053);
    assertThat(new Key(-1, Long.MAX_VALUE, Purpose.SHUFFLE).permutation(8))
        .containsExactly(0, 7, 3, 5, 1, 2, 6, 4);
  }

  @Test
  void drawsNormalsOfMeanZeroVarianceOneAndNoSkew() {
    double[] z = new double[MANY];
    new Key(1, 2, Purpose.NOISE).normals(z, 0, MANY);
    double root = Math.sqrt(MANY); // each bound is 4 standard errors
    assertThat(moment(z, 1)).isCloseTo(0, within(4 / root));
    assertThat(moment(z, 2)).isCloseTo(1, within(4 * Math.sqrt(2) / root));
    assertThat(moment(z, 3)).isCloseTo(0, within(4 * Math.sqrt(15) / root));
    assertThat(moment(z, 4)).isCloseTo(3, within(4 * Math.sqrt(96) / root));
    assertThat(kolmogorov(z)).isLessThan(1.95); // exceeded with probability 0.001
  }

  @Test
  void drawsNormalsIndependentOfTheirNeighbours() {
    double[] z = new double[MANY];
    new Key(1, 2, Purpose.NOISE).normals(z, 0, MANY);
    for (int lag : new int[] {1, 2, 3, 64, 1024}) {
      double product = 0;
      for (int i = lag; i < MANY; i++) {
        product += z[i] * z[i - lag];
      }
      assertThat(product / Math.sqrt(MANY - lag)).as("lag %d", lag).isCloseTo(0, within(4.0));
    }
  }

  @Test
  void drawsIndependentNormalsForOtherSeedsIndicesAndPurposes() {
    Key key = new Key(5, 9, Purpose.STEP);
    for (Key other :
        new Key[] {
          new Key(6, 9, Purpose.STEP),
          new Key(5, 10, Purpose.STEP),
          new Key(5, 9, Purpose.START),
          new Key(9, 5, Purpose.STEP),
          new Key(5L << 32, 9, Purpose.STEP),
          new Key(5, 9L << 32, Purpose.STEP)
        }) {
      double[] a = new double[MANY];
      double[] b = new double[MANY];
      key.normals(a, 0, MANY);
      other.normals(b, 0, MANY);
      double product = 0;
      for (int i = 0; i < MANY; i++) {
        product += a[i] * b[i];
      }
      assertThat(product / Math.sqrt(MANY)).as("%s", other).isCloseTo(0, within(4.0));
    }
  }

  @Test
  void drawsTheFirstNumberOfManySeedsAsUniformlyAsManyNumbersOfOne() {
    int[] cells = new int[100];
    for (int seed = 0; seed < MANY; seed++) {
      cells[(int) (100 * new Key(seed, 0, Purpose.START).uniform(0))]++;
    }
    assertThat(chiSquare(cells, MANY))
        .isLessThan(149.4); // 99 degrees of freedom, exceeded with probability 0.0008
  }

  @Test
  void repeatsNoBlockInSmallSeedsIndicesAndPurposes() {
    Set<Long> seen = new HashSet<>();
    int drawn = 0;
    for (int seed = -8; seed < 8; seed++) {
      for (int index = 0; index < 16; index++) {
        for (Purpose purpose : Purpose.values()) {
          for (int i = 0; i < 16; i++, drawn++) {
            seen.add(new Key(seed, index, purpose).bits(i));
          }
        }
      }
    }
    assertThat(seen).hasSize(drawn);
  }

  @Test
  void givesTheSameDrawOneByOneAsInBulkAndWhereverItIsWritten() {
    Key key = new Key(11, 4, Purpose.INIT);
    double[] all = new double[9];
    key.normals(all, 2, 7);
    assertThat(all).startsWith(0, 0);
    for (int i = 0; i < 7; i++) {
      assertThat(all[2 + i]).isEqualTo(Normal.quantile(key.uniform(i)));
    }
  }

  @Test
  void staysInsideTheOpenUnitInterval() {
    for (int i = 0; i < MANY; i++) {
      double u = new Key(3, 3, Purpose.TIME).uniform(i);
      assertThat(u > 0 && u < 1).isTrue();
    }
  }

  @Test
  void drawsWholeNumbersBelowABoundUniformly() {
    int[] counts = new int[7];
    for (int i = 0; i < MANY; i++) {
      counts[new Key(3, 3, Purpose.TIME).below(7, i)]++;
    }
    assertThat(chiSquare(counts, MANY))
        .isLessThan(22.5); // 6 degrees of freedom, exceeded with probability 0.001
  }

  @Test
  void drawsEachOrderOfFourEquallyOften() {
    int[] counts = new int[256];
    int draws = 24_000;
    for (int index = 0; index < draws; index++) {
      int[] order = new Key(1, index, Purpose.SHUFFLE).permutation(4);
      counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    int[] seen = Arrays.stream(counts).filter(count -> count > 0).toArray();
    assertThat(seen).hasSize(24);
    assertThat(chiSquare(seen, draws))
        .isLessThan(49.7); // 23 degrees of freedom, exceeded with probability 0.001
  }

  @Test
  void permutesEveryNumberOnce() {
    int[] order = new Key(1, 0, Purpose.SHUFFLE).permutation(1000);
    assertThat(Arrays.stream(order).sorted().toArray())
        .isEqualTo(IntStream.range(0, 1000).toArray());
  }

  /** Known quantiles to 16 digits, from tables of the normal distribution. */
  @Test
  void knowsTheNormalQuantile() {
    assertThat(Normal.quantile(0.5)).isEqualTo(0);
    assertThat(Normal.quantile(0.975)).isCloseTo(1.959963984540054, within(1e-15));
    assertThat(Normal.quantile(0.025)).isCloseTo(-1.959963984540054, within(1e-15));
    assertThat(Normal.quantile(0.9)).isCloseTo(1.2815515655446004, within(1e-15));
    assertThat(Normal.quantile(0.001)).isCloseTo(-3.090232306167813, within(1e-14));
    assertThat(Normal.quantile(1e-10)).isCloseTo(-6.361340902404056, within(1e-14));
    assertThat(Normal.quantile(1e-15)).isCloseTo(-7.941345326170998, within(1e-13));
  }

  private static double moment(double[] values, int power) {
    return Arrays.stream(values).map(value -> Math.pow(value, power)).sum() / values.length;
  }

  /** √n times the largest distance between the empirical and the normal distribution. */
  private static double kolmogorov(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double largest = 0;
    for (int i = 0; i < sorted.length; i++) {
      double expected = cumulative(sorted[i]);
      largest =
          Math.max(
              largest,
              Math.max(
                  Math.abs(expected - (double) i / sorted.length),
                  Math.abs(expected - (i + 1.0) / sorted.length)));
    }
    return Math.sqrt(sorted.length) * largest;
  }

  /**
   * The normal distribution function by its power series around 0, independent of the quantile's
   * formula.
   */
  private static double cumulative(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17; n++) {
      term *= x * x / (2 * n + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  }

  private static double chiSquare(int[] counts, int draws) {
    double expected = (double) draws / counts.length;
    return Arrays.stream(counts)
        .mapToDouble(count -> (count - expected) * (count - expected) / expected)
        .sum();
  }
}
