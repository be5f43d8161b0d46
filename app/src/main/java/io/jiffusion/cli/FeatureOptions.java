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
      names = "--layer",
      paramLabel = "N",
      description =
          "Which features of Inception v3: 64, 192, 768 or 2048. Default: 2048, those of FID.")
  Integer layer;

  @Option(
      names = "--preparation",
      paramLabel = "P",
      description =
          "How images are brought to Inception's 299x299: as torch-fidelity does (TensorFlow 1, guided-diffusion) or as"
              + " pytorch-fid does. Default: torch-fidelity.")
  String preparation;

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
              : Path.of(features),
          options());
    }
    for (String model : models) {
      Path folder = Home.model(model).toAbsolutePath().normalize();
      Path beside = folder.resolveSibling(folder.getFileName() + "-classifier");
      if (Files.isDirectory(beside)) {
        return FeatureExtractors.open(beside, options());
      }
    }
    throw new IllegalArgumentException(
        "illegal --features: none, must be a network to compare images by: the file of FID's Inception"
            + " v3, of DINOv2 or of CLIP, or a folder of jiffusion train-classifier, such as one named"
            + " NAME-classifier beside the model NAME; no network is downloaded");
  }

  private FeatureExtractors.Options options() {
    return new FeatureExtractors.Options(layer, preparation);
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
