package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BrownianPathTest {
  private static final int SIZE = 20_000;

  /** √(u_to − u_from) times the normals: the increment itself. */
  private static double[] increment(BrownianPath path, double from, double to) {
    double[] out = new double[SIZE];
    path.increment(from, to, out, 0);
    double std = Math.sqrt(Math.exp(2 * to) - Math.exp(2 * from));
    return Arrays.stream(out).map(z -> std * z).toArray();
  }

  @Test
  void incrementsOfPartsAddUpToThatOfTheWhole() {
    BrownianPath path = new BrownianPath(7, SIZE);
    double[] ends = {-4.5, -2.25, -0.5, 0.0625, 1, 3.125}; // edges of cells
    double[] whole = increment(path, ends[0], ends[5]);
    double[] sum = new double[SIZE];
    for (int k = 0; k < 5; k++) {
      double[] part = increment(path, ends[k], ends[k + 1]);
      Arrays.setAll(sum, i -> sum[i] + part[i]);
    }
    assertThat(sum).containsExactly(whole, within(1e-10));
  }

  @Test
  void isTheSamePathWhateverWasAskedBefore() {
    BrownianPath fresh = new BrownianPath(3, SIZE);
    BrownianPath used = new BrownianPath(3, SIZE);
    increment(used, -1, 0.3);
    increment(used, -7, 2);
    increment(used, 0.3, 0.300001);
    assertThat(increment(used, 0.1, 0.7)).isEqualTo(increment(fresh, 0.1, 0.7));
    assertThat(increment(new BrownianPath(4, SIZE), 0.1, 0.7))
        .isNotEqualTo(increment(fresh, 0.1, 0.7));
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOneAndKnowNothingOfOtherIntervals() {
    BrownianPath path = new BrownianPath(11, SIZE);
    double[] before = null;
    for (double[] ends :
        new double[][] {
          {Double.NEGATIVE_INFINITY, -4},
          {-4, -3.9},
          {-3.9, 0},
          {0, 0.001},
          {0.001, 0.0010001}, // within a cell
          {0.001, 5},
          {5, 5.3}
        }) {
      double[] z = new double[SIZE];
      path.increment(ends[0], ends[1], z, 0);
      double mean = Arrays.stream(z).average().orElseThrow();
      double square = Arrays.stream(z).map(x -> x * x).average().orElseThrow();
      assertThat(mean).isCloseTo(0, within(4 / Math.sqrt(SIZE)));
      assertThat(square).isCloseTo(1, within(4 * Math.sqrt(2.0 / SIZE)));
      if (before != null) {
        double product = 0;
        for (int i = 0; i < SIZE; i++) {
          product += z[i] * before[i];
        }
        assertThat(product / SIZE).isCloseTo(0, within(4 / Math.sqrt(SIZE)));
      }
      before = z;
    }
  }
}
