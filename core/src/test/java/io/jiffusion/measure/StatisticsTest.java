package io.jiffusion.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsTest {
  /** Far from 0, where sums of squares would lose digits; more columns than a thread takes. */
  private static Features shifted(int images, int dimension) {
    Features normals = Normals.of(new Random(3), images, dimension, 2);
    for (int i = 0; i < normals.values().length; i++) {
      normals.values()[i] += 100 + i % dimension;
    }
    return normals;
  }

  private static void same(Statistics a, Statistics b, double tolerance) {
    assertThat(a.count()).isEqualTo(b.count());
    double scale = 0;
    for (int i = 0; i < b.dimension(); i++) {
      scale = Math.max(scale, b.scatter()[i * b.dimension() + i]);
    }
    assertThat(a.mean()).containsExactly(b.mean(), offset(100 * tolerance));
    assertThat(a.scatter()).containsExactly(b.scatter(), offset(scale * tolerance));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 300})
  void areThoseOfTheDefinition(int dimension) {
    Features rows = shifted(50, dimension);
    Statistics found = Statistics.of(rows);
    double[] mean = new double[dimension];
    for (int i = 0; i < rows.values().length; i++) {
      mean[i % dimension] += rows.values()[i] / 50.0;
    }
    double[] scatter = new double[dimension * dimension];
    for (int image = 0; image < 50; image++) {
      double[] x = rows.block(image, 1);
      for (int i = 0; i < dimension; i++) {
        for (int j = 0; j < dimension; j++) {
          scatter[i * dimension + j] += (x[i] - mean[i]) * (x[j] - mean[j]);
        }
      }
    }
    same(found, new Statistics(50, mean, scatter), 1e-12);
  }

  @Test
  void twoHalvesAreTheWhole() {
    Features rows = shifted(3000, 9);
    Statistics halves =
        Statistics.of(rows.rows(0, 1500)).plus(Statistics.of(rows.rows(1500, 1500)));
    same(halves, Statistics.of(rows), 1e-12);
  }

  @Test
  void partsOfAnySizeInAnyOrderAreTheWhole() {
    Features rows = shifted(2000, 6);
    Random random = new Random(8);
    for (int round = 0; round < 20; round++) {
      List<Statistics> parts = new ArrayList<>();
      for (int from = 0; from < 2000; ) {
        int count = Math.min(1 + random.nextInt(300), 2000 - from);
        parts.add(Statistics.of(rows.rows(from, count)));
        from += count;
      }
      Collections.shuffle(parts, random);
      Statistics sum = parts.stream().reduce(Statistics.none(6), Statistics::plus);
      same(sum, Statistics.of(rows), 1e-9);
    }
  }

  @Test
  void partsOfAnotherLayerAreRefused() {
    assertThatThrownBy(() -> Statistics.none(3).plus(Statistics.none(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of 4 features, must be of 3 to be added");
    assertThatThrownBy(() -> new Statistics(2, new double[3], new double[8]))
        .hasMessageContaining("3 means and 8 sums of squares");
  }
}
