package io.jiffusion.evaluate;

import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import java.util.List;

/** A network that sums an image up in a few numbers. Safe for use from any thread: calls queue. */
public interface FeatureExtractor extends AutoCloseable {

  /**
   * What it made of some images.
   *
   * @param features by which sets of images are compared
   * @param logits of the classes; null where the network knows none
   * @param spatial features that still know where in the image they are (sFID's); null where the
   *     network has none
   */
  record Extraction(Features features, Features logits, Features spatial) {

    /** Memory of all of them. */
    public long bytes() {
      long numbers = 0;
      for (Features part : new Features[] {features, logits, spatial}) {
        numbers += part == null ? 0 : part.values().length;
      }
      return numbers * Float.BYTES;
    }
  }

  /** Which network of which file it is. */
  FeatureSource source();

  /** Height and width of the images that it takes; 0 for any. */
  default int side() {
    return 0;
  }

  /** Names of the classes in the order of the logits; empty where nobody knows them. */
  default List<String> classes() {
    return List.of();
  }

  /**
   * Looks at images.
   *
   * @param images of any number, 1 or more
   * @throws IllegalArgumentException if the network takes no images of this size or these channels
   */
  Extraction extract(Images images);

  @Override
  void close();
}
