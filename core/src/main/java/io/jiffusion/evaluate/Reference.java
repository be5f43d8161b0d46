package io.jiffusion.evaluate;

import io.jiffusion.data.ImageSource;

/**
 * What sets of images are compared with: images, or the statistics of the features of some.
 *
 * @param images of which a set should be like; null where only their statistics are known
 * @param statistics of features, which Fréchet distances are of; null where those of the images are
 *     meant
 * @param heldOut real images that are not among them, which tell what a perfect model would reach;
 *     null where there are none: then some of the images are held out
 * @param training images that a model has learned from, among which the nearest to a generated one
 *     is looked for; null where nobody knows them
 */
public record Reference(
    ImageSource images, StoredStatistics statistics, ImageSource heldOut, ImageSource training)
    implements AutoCloseable {

  public Reference {
    if (images == null && statistics == null) {
      throw new IllegalArgumentException("illegal reference: must have images or statistics");
    }
  }

  /** Its name, size and what it is known by, for a report. */
  QualityReport.Reference told() {
    return images != null
        ? new QualityReport.Reference(images.name(), images.fingerprint(), images.count())
        : new QualityReport.Reference(
            statistics.name(), statistics.fingerprint(), statistics.images());
  }

  /** Closes all images. */
  @Override
  public void close() {
    for (ImageSource source : new ImageSource[] {images, heldOut, training}) {
      if (source != null) {
        source.close();
      }
    }
  }
}
