package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.pipeline.Engine;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.Provenance;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and how it is run. */
final class GivenModel {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "RUN",
      defaultValue = "bundled",
      description =
          "A run folder, a checkpoint of another program, or bundled: the digits that come with the program.")
  String model;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "auto",
      description = "fp32, bf16, or auto: bf16 where this machine computes it faster.")
  String precision;

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description = TrainCommand.DEVICE)
  String device;

  @Option(
      names = "--threads",
      paramLabel = "T",
      defaultValue = "0",
      description = "Threads of the network; 0 is one a processor.")
  int threads;

  @Option(
      names = "--block",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Images that one network call sees. Pixels are equal to the bit within one block size and precision; 0 is a rule"
              + " of the network's size.")
  int block;

  @Option(
      names = "--null-class",
      paramLabel = "N",
      description =
          "The row of the class table that stands for no class, by which images are guided: for a model that was trained"
              + " with one and does not say which, as those of diffusers.")
  Integer nullClass;

  @Mixin CheckpointOptions checkpoint;

  Path folder() {
    return Home.model(model);
  }

  /** Of pictures that the loaded model makes. */
  Provenance provenance(Model loaded) {
    return Provenance.of(model, loaded).told(checkpoint.words());
  }

  Model load() {
    Engine.use(device);
    return Model.load(
        folder(), checkpoint.options(), new ModelOptions(precision, threads, block, nullClass));
  }
}
