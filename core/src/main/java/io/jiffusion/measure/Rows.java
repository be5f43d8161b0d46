package io.jiffusion.measure;

import java.util.stream.IntStream;

/** Vectors, one an image. */
public interface Rows {
  int images();

  /** Numbers of an image. */
  int dimension();

  /** Writes the vectors of some images, one behind the other, to {@code out[0] …}. */
  void copy(int from, int count, double[] out);

  /** The vectors of some images, [count, dimension]. */
  default double[] block(int from, int count) {
    double[] out = new double[count * dimension()];
    copy(from, count, out);
    return out;
  }

  /** Some of the images, in this order. */
  default Rows pick(int... which) {
    return new Picked(this, which);
  }

  /** The first images. */
  default Rows first(int count) {
    return pick(IntStream.range(0, count).toArray());
  }

  /**
   * Refuses sets of which no measure can be made.
   *
   * @param least images that each must have
   * @throws IllegalArgumentException if one has fewer, or they have vectors of different length
   */
  static void check(Rows set, Rows reference, int least) {
    if (set.dimension() != reference.dimension()) {
      throw new IllegalArgumentException(
          "illegal features: "
              + set.dimension()
              + " of an image, must be "
              + reference.dimension()
              + " as those of the reference: both must be of one layer of one network");
    }
    for (Rows rows : new Rows[] {set, reference}) {
      if (rows.images() < least) {
        throw new IllegalArgumentException(
            "illegal set: "
                + rows.images()
                + (rows.images() == 1 ? " image" : " images")
                + ", must be "
                + least
                + " or more for this measure");
      }
    }
  }
}
