package io.jiffusion.measure;

import java.util.Arrays;

/**
 * What a network has seen in some images.
 *
 * @param images how many, 0 or more
 * @param dimension numbers of an image
 * @param values [images, dimension] row-major, all finite
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Features(int images, int dimension, float[] values) implements Rows {

  public Features {
    if (images < 0 || dimension < 1 || values.length != (long) images * dimension) {
      throw new IllegalArgumentException(
          "illegal features: "
              + values.length
              + " numbers, must be "
              + images
              + " images of "
              + dimension
              + ", 1 or more");
    }
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "illegal feature "
                + i % dimension
                + " of image "
                + i / dimension
                + ": "
                + values[i]
                + ", must be finite; the images or the weights of the network are damaged");
      }
    }
  }

  /** Images {@code from … from+count−1}. */
  public Features rows(int from, int count) {
    return new Features(
        count, dimension, Arrays.copyOfRange(values, from * dimension, (from + count) * dimension));
  }

  @Override
  public void copy(int from, int count, double[] out) {
    int at = from * dimension;
    for (int i = 0; i < count * dimension; i++) {
      out[i] = values[at + i];
    }
  }
}
