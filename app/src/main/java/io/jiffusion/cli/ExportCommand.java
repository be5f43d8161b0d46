package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "export",
    description = "Write a model as another program reads it: a pipeline folder of diffusers.")
final class ExportCommand implements Callable<Integer> {
  enum Format {
    diffusers
  }

  @ParentCommand Console console;

  @Parameters(paramLabel = "RUN", description = "A run folder, a checkpoint, or bundled.")
  String run;

  @Option(
      names = "--format",
      paramLabel = "F",
      defaultValue = "diffusers",
      description = "${COMPLETION-CANDIDATES}.")
  Format format;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      required = true,
      description = "The folder; it must not be there, or be empty.")
  Path out;

  @Option(
      names = "--dtype",
      paramLabel = "T",
      defaultValue = "stored",
      description = "Numbers of the weights: fp32, fp16, bf16, or as they are stored.")
  String dtype;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    Output.mustBeEmpty(out);
    try (StoredModel stored = Checkpoints.open(Home.model(run), checkpoint.options())) {
      long bytes = Checkpoints.export(stored, out, dtype);
      console.out.printf("%s: a pipeline of %s, %,d bytes of weights%n", out, format, bytes);
    }
    return 0;
  }
}
