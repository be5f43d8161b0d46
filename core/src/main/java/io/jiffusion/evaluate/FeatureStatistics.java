package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.data.ImageSource;
import io.jiffusion.evaluate.FeatureExtractor.Extraction;
import io.jiffusion.measure.Statistics;
import java.util.function.Consumer;

/** Statistics of the features of images: nothing of an image stays. */
public final class FeatureStatistics {
  /** Images whose features are summed up at a time. */
  private static final int PART = 256;

  private FeatureStatistics() {}

  /**
   * Looks at all images of a source.
   *
   * @param images 2 or more
   * @param progress in images
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public static StoredStatistics of(
      FeatureExtractor extractor,
      ImageSource images,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    int count = images.count();
    Check.that(count >= 2, "images", count, "must be 2 or more: one image has no spread");
    Statistics features = null;
    Statistics spatial = null;
    long began = System.nanoTime();
    for (int from = 0; from < count; from += PART) {
      cancellation.check();
      int some = Math.min(PART, count - from);
      Extraction seen = extractor.extract(images.read(from, some));
      Statistics here = Statistics.of(seen.features());
      features = features == null ? here : features.plus(here);
      if (seen.spatial() != null) {
        Statistics there = Statistics.of(seen.spatial());
        spatial = spatial == null ? there : spatial.plus(there);
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      progress.accept(new Progress("images", from + some, count, seconds, ""));
    }
    return new StoredStatistics(
        images.name(), images.fingerprint(), count, extractor.source(), features, spatial);
  }
}
