package io.jiffusion.measure;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Sets whose distances are known, and what a bootstrap of them gives. */
final class Normals {
  private Normals() {}

  /** Normal vectors of this standard deviation. */
  static Features of(RandomGenerator random, int images, int dimension, double deviation) {
    float[] values = new float[images * dimension];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return new Features(images, dimension, values);
  }

  /** As many images, drawn with replacement. */
  static int[] again(RandomGenerator random, int images) {
    return IntStream.range(0, images).map(i -> random.nextInt(images)).toArray();
  }

  static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (values.length - 1));
  }
}
