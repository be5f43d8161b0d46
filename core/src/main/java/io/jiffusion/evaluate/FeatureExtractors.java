package io.jiffusion.evaluate;

import io.jiffusion.base.JiffusionException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a network of features by its file, and says which one it is. */
public final class FeatureExtractors {
  private FeatureExtractors() {}

  /**
   * Opens a folder of {@code jiffusion train-classifier}.
   *
   * @throws JiffusionException if there is no such network, or its file is damaged
   */
  public static FeatureExtractor open(Path place) {
    if (!Files.exists(place)) {
      throw new JiffusionException(
          "no network of features at " + place + ": there is no such file or folder");
    }
    return ClassifierExtractor.open(place);
  }
}
