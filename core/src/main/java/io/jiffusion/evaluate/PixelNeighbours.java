package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Nearest;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The training image nearest to each of some images: by the Euclidean distance over all values,
 * which lie in [−1, 1]. A model that memorised its training set draws images much nearer to it than
 * new images of the same kind are. Exact: every image is compared with every training image.
 */
public final class PixelNeighbours {
  /** Training images that are in memory at a time, of small images; fewer of large ones. */
  private static final int BLOCK = 4096;

  private static final int VALUES = 1 << 24;

  private PixelNeighbours() {}

  /**
   * Looks for them.
   *
   * @param images 1 or more
   * @param training of the same size, 1 or more
   * @throws IllegalArgumentException if they are not of one size
   */
  public static Nearest of(Images images, ImageSource training, Cancellation cancellation) {
    String size = images.height() + "x" + images.width() + "x" + images.channels();
    String must = training.height() + "x" + training.width() + "x" + training.channels();
    Check.that(size.equals(must), "images", size, "must be " + must + " as the training images");
    Features set = features(images);
    int block = Math.max(1, Math.min(BLOCK, VALUES / set.dimension()));
    Nearest nearest = null;
    for (int from = 0; from < training.count(); from += block) {
      cancellation.check();
      Images some = training.read(from, Math.min(block, training.count() - from));
      Nearest here = Nearest.of(set, features(some));
      nearest = nearest == null ? here : nearest.or(here, from);
    }
    return nearest;
  }

  /** The first images with the training image nearest to each. */
  static Neighbours shown(Images images, Nearest nearest, ImageSource training, int shown) {
    int count = Math.min(shown, images.count());
    return new Neighbours(
        images.range(0, count),
        pick(training, Arrays.copyOf(nearest.which(), count)),
        IntStream.range(0, count).mapToObj(i -> nearest.distances()[i]).toList());
  }

  /** Some images of a source, in this order. */
  static Images pick(ImageSource source, int... which) {
    int size = source.height() * source.width() * source.channels();
    byte[] bytes = new byte[Math.multiplyExact(which.length, size)];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(source.read(which[i], 1).bytes(), 0, bytes, i * size, size);
    }
    return new Images(which.length, source.height(), source.width(), source.channels(), bytes);
  }

  private static Features features(Images images) {
    return new Features(images.count(), images.imageSize(), images.floats());
  }
}
