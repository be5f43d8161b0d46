package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.data.Dataset;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearestNeighbourTest {

  /** Examples of 1×2×3 values. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Rows(float[] values) implements Dataset {
    @Override
    public int size() {
      return values.length / 6;
    }

    @Override
    public int channels() {
      return 1;
    }

    @Override
    public int height() {
      return 2;
    }

    @Override
    public int width() {
      return 3;
    }

    @Override
    public int classes() {
      return 0;
    }

    @Override
    public int label(int index) {
      return 0;
    }

    @Override
    public void example(int index, float[] out, int offset) {
      System.arraycopy(values, index * 6, out, offset, 6);
    }
  }

  private static float[] random(long seed, int images) {
    Random random = new Random(seed);
    float[] values = new float[images * 6];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  private static double slow(float[] images, int image, float[] examples) {
    double nearest = Double.POSITIVE_INFINITY;
    for (int j = 0; j < examples.length; j += 6) {
      double sum = 0;
      for (int p = 0; p < 6; p++) {
        double difference = (double) images[image * 6 + p] - examples[j + p];
        sum += difference * difference;
      }
      nearest = Math.min(nearest, Math.sqrt(sum));
    }
    return nearest;
  }

  @Test
  void findsTheNearestOfAnyNumberOfExamples() {
    float[] images = random(1, 20);
    for (int examples : new int[] {1, 255, 256, 257, 1000}) {
      float[] rows = random(2, examples);
      double[] distances = NearestNeighbour.distances(images, new Rows(rows));
      assertThat(distances).hasSize(20);
      for (int i = 0; i < 20; i++) {
        assertThat(distances[i]).isCloseTo(slow(images, i, rows), within(1e-6));
      }
    }
  }

  @Test
  void isExactlyZeroForACopy() {
    float[] rows = random(3, 700);
    float[] copy = java.util.Arrays.copyOfRange(rows, 6 * 511, 6 * 512);
    assertThat(NearestNeighbour.distances(copy, new Rows(rows))).containsExactly(0);
  }

  @Test
  void refusesImagesOfAnotherSizeAndAnEmptySet() {
    assertThatThrownBy(() -> NearestNeighbour.distances(new float[7], new Rows(random(4, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal images: 7 values beside 2 examples, must be whole images of 6 values and 1 example or more");
    assertThatThrownBy(() -> NearestNeighbour.distances(new float[6], new Rows(new float[0])))
        .hasMessageStartingWith("illegal images: 6 values beside 0 examples");
  }
}
