package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import java.util.Arrays;

/** Norms that control a step, taken over groups of images. */
final class Groups {
  private Groups() {}

  static void check(int group) {
    if (group < 1) {
      throw new IllegalArgumentException(
          "illegal group: " + group + ", must be 1 (each image for itself) or more images");
    }
  }

  /** The Euclidean norm of each image, [B]. */
  static double[] norms(Batch x) {
    double[] norms = new double[x.images()];
    for (int image = 0; image < norms.length; image++) {
      double sum = 0;
      for (int i = image * x.imageSize(); i < (image + 1) * x.imageSize(); i++) {
        sum += x.data()[i] * x.data()[i];
      }
      norms[image] = Math.sqrt(sum);
    }
    return norms;
  }

  /** For each image the mean over its group, [B]; the last group may be smaller. */
  static double[] means(double[] values, int group) {
    double[] means = new double[values.length];
    for (int from = 0; from < values.length; from += group) {
      int to = (int) Math.min((long) from + group, values.length);
      Arrays.fill(means, from, to, Arrays.stream(values, from, to).average().orElseThrow());
    }
    return means;
  }
}
