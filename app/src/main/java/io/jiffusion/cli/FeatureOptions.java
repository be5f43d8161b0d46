package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.config.ImageSpec;
import io.jiffusion.data.ImageSource;
import io.jiffusion.evaluate.FeatureExtractor;
import io.jiffusion.evaluate.FeatureExtractors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** By which network images are compared, and at which size. */
final class FeatureOptions {
  @Option(
      names = "--features",
      paramLabel = "FILE",
      description =
          "The network whose features are compared: the weights of FID's Inception v3, of a DINOv2 or of CLIP's image"
              + " tower, a folder of jiffusion train-classifier, or bundled: the classifier of digits that comes with"
              + " the program. Default: the classifier beside the model, NAME-classifier, if there is one.")
  String features;

  @Option(
      names = "--resize",
      paramLabel = "N",
      description =
          "Bring the images to NxN first; without it only digits and clothes get their black margins.")
  Integer resize;

  /**
   * Opens the network.
   *
   * @param models beside which a classifier may lie
   */
  FeatureExtractor open(List<String> models) {
    if (features != null) {
      return FeatureExtractors.open(
          features.equals(Home.BUNDLED)
              ? Home.folder().resolve(TrainClassifierCommand.BUNDLED)
              : Path.of(features));
    }
    for (String model : models) {
      Path folder = Home.model(model).toAbsolutePath().normalize();
      Path beside = folder.resolveSibling(folder.getFileName() + "-classifier");
      if (Files.isDirectory(beside)) {
        return FeatureExtractors.open(beside);
      }
    }
    throw new IllegalArgumentException(
        "illegal --features: none, must be a network to compare images by: the file of FID's Inception"
            + " v3, of DINOv2 or of CLIP, or a folder of jiffusion train-classifier, such as one named"
            + " NAME-classifier beside the model NAME; no network is downloaded");
  }

  /**
   * Opens images.
   *
   * @param side height and width of what they are compared with; 0 if that is not known
   */
  ImageSource images(ImageSpec spec, int side) {
    return spec.open(resize != null ? resize : spec.padded() ? side : 0);
  }
}
