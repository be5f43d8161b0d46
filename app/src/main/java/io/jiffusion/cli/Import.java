package io.jiffusion.cli;

import io.jiffusion.pipeline.Stored;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    try (Stored stored = Stored.open(path, checkpoint.options())) {
      long bytes = stored.write(out);
      main.out.printf(
          "%s: run.json and weights.safetensors, %,d bytes, from %s%n",
          out, bytes, stored.run().source().program());
    }
    return 0;
  }
}
