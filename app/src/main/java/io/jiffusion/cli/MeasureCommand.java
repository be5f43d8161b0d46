package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.NoiseTable;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.evaluate.NoiseMeasurement;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "measure",
    description =
        "Measure once how much noise a model predicts at each time, for the sampler analytic-ddpm:"
            + " as many evaluations as the process has steps, for every image. The result is "
            + NoiseTable.NAME
            + " in the run folder.")
final class MeasureCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "RUN",
      description = "A run folder of jiffusion train; bundled is measured already.")
  String run;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "Folder of the training images. Default: as in the training.")
  String data;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Training images, evenly spread over all of them.")
  int count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the noise that they are measured with.")
  long seed;

  @Override
  public Integer call() {
    Path folder = Home.model(run);
    RunFolder trained = Checkpoints.describe(folder);
    RunConfig config = trained.config();
    if (data != null) {
      config = config.withData(Path.of(data));
    }
    try (Model model = Model.load(folder, ModelOptions.of().precision("fp32"));
        Bar bar = new Bar(console.err)) {
      NoiseMeasurement.of(model, trained, config.dataset(), count, seed, bar, console.cancellation)
          .write(folder);
    }
    console.out.println(folder.resolve(NoiseTable.NAME));
    return 0;
  }
}
