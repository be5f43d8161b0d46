package io.jiffusion.evaluate;

import io.jiffusion.data.Dataset;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How far images are from the nearest example of a training set: the Euclidean distance over all
 * values, which lie in [−1, 1].
 *
 * <p>A model that memorised its training set draws images much nearer to it than new images of the
 * same kind are. Exact: every image is compared with every example, 256 examples at a time.
 */
public final class NearestNeighbour {
  private static final int BLOCK = 256;

  private NearestNeighbour() {}

  /**
   * The distance of each image to its nearest example; 0 for a copy. Uses all processors; memory
   * beside the images is a megabyte or so for each.
   *
   * @param images [images, C, H, W] row-major, values in [−1, 1]
   * @throws IllegalArgumentException if the images are not of the examples' size, or there are no
   *     examples
   */
  public static double[] distances(float[] images, Dataset examples) {
    int size = examples.exampleSize();
    if (images.length % size != 0 || examples.size() == 0) {
      throw new IllegalArgumentException(
          "illegal images: "
              + images.length
              + " values beside "
              + examples.size()
              + " examples, must be whole images of "
              + size
              + " values and 1 example or more");
    }
    int blocks = (examples.size() + BLOCK - 1) / BLOCK;
    float[] nearest =
        IntStream.range(0, blocks)
            .parallel()
            .mapToObj(block -> squares(images, examples, block * BLOCK))
            .reduce(NearestNeighbour::smaller)
            .orElseThrow();
    return IntStream.range(0, nearest.length).mapToDouble(i -> Math.sqrt(nearest[i])).toArray();
  }

  /** The squared distance of each image to the nearest of one block of examples. */
  private static float[] squares(float[] images, Dataset examples, int from) {
    int size = examples.exampleSize();
    int count = Math.min(BLOCK, examples.size() - from);
    float[][] columns =
        new float[size]
            [BLOCK]; // [value, example]: the inner loop then runs over examples, in vectors
    float[] example = new float[size];
    for (int j = 0; j < count; j++) {
      examples.example(from + j, example, 0);
      for (int p = 0; p < size; p++) {
        columns[p][j] = example[p];
      }
    }
    float[] nearest = new float[images.length / size];
    float[] sums = new float[BLOCK];
    for (int i = 0; i < nearest.length; i++) {
      Arrays.fill(sums, 0);
      for (int p = 0; p < size; p++) {
        add(sums, images[i * size + p], columns[p]);
      }
      float best = Float.POSITIVE_INFINITY;
      for (int j = 0; j < count; j++) {
        best = Math.min(best, sums[j]);
      }
      nearest[i] = best;
    }
    return nearest;
  }

  private static void add(float[] sums, float value, float[] column) {
    for (int j = 0; j < BLOCK; j++) {
      float difference = value - column[j];
      sums[j] += difference * difference;
    }
  }

  private static float[] smaller(float[] a, float[] b) {
    float[] out = new float[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.min(a[i], b[i]);
    }
    return out;
  }
}
