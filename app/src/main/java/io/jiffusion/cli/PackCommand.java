package io.jiffusion.cli;

import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "pack",
    description =
        "Make a model small enough to give away: run.json and weights of 16 bits, without checkpoints.")
final class PackCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(paramLabel = "RUN", description = "A run folder of jiffusion train.")
  Path run;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      required = true,
      description = "Folder of the packed model.")
  Path out;

  @Override
  public Integer call() {
    long bytes = StoredModel.pack(run, out);
    console.out.printf("%s: run.json and %s, %,d bytes%n", out, RunFolder.WEIGHTS, bytes);
    return 0;
  }
}
