package io.jiffusion.cli;

import io.jiffusion.config.ImageSpec;
import io.jiffusion.data.ImageSource;
import io.jiffusion.evaluate.FeatureExtractor;
import io.jiffusion.evaluate.FeatureStatistics;
import io.jiffusion.evaluate.StoredStatistics;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "statistics",
    description =
        "Mean and covariance of the features of images, all that a Frechet distance needs of them; of any number of"
            + " images in the same memory.")
final class StatisticsCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "DATA",
      description =
          "Images: a .npz with arr_0, a folder or .zip of pictures, or a data set such as mnist:test.")
  String data;

  @Mixin FeatureOptions features;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description =
          "A .npz with mu and sigma, which pytorch-fid, EDM's fid.py and guided-diffusion read, or a .safetensors with"
              + " everything that is known of them.")
  Path out;

  @Override
  public Integer call() {
    StoredStatistics.checkName(out);
    try (FeatureExtractor extractor = features.open(List.of());
        ImageSource images = features.images(ImageSpec.of(data), extractor.side());
        Bar bar = new Bar(console.err)) {
      FeatureStatistics.of(extractor, images, bar, console.cancellation).write(out);
      console.out.println(
          extractor.source().network()
              + ", sha256 "
              + extractor.source().sha256()
              + ": "
              + images.count()
              + " images of "
              + images.name());
    }
    console.out.println("  " + out);
    return 0;
  }
}
