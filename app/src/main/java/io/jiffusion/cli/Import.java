package io.jiffusion.cli;

import io.jiffusion.pipeline.Stored;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "import", description = "Turn a checkpoint of another program into a run folder.")
final class Import implements Callable<Integer> {
  @ParentCommand Main main;

  @Parameters(
      paramLabel = "PATH",
      description = "A diffusers folder, or a checkpoint with its configuration beside it.")
  Path path;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "The run folder.")
  Path out;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The checkpoint's configuration, JSON or YAML; by default the one beside it.")
  Path config;

  @Option(
      names = "--weights",
      paramLabel = "W",
      defaultValue = "auto",
      description =
          "Which of its weights: ema, raw, or auto for the averaged ones if there are some.")
  String weights;

  @Override
  public Integer call() {
    try (Stored stored = Stored.open(path, new Stored.Options(config, weights))) {
      long bytes = stored.write(out);
      main.out.printf(
          "%s: run.json and weights.safetensors, %,d bytes, from %s%n",
          out, bytes, stored.run().source().program());
    }
    return 0;
  }
}
