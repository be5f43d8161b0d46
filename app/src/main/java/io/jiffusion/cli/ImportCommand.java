package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.evaluate.Probe;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "import", description = "Turn a checkpoint of another program into a run folder.")
final class ImportCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "PATH",
      description =
          "A diffusers folder, a checkpoint with its configuration beside it, or a run folder, which"
              + " is copied.")
  Path path;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "RUN",
      description =
          "The run folder, new or empty. Default: runs/NAME, NAME being the checkpoint's.")
  Path out;

  @Option(
      names = "--no-check",
      description = "Do not look whether weights and conventions fit each other.")
  boolean noCheck;

  @Option(
      names = "--null-class",
      paramLabel = "N",
      description =
          "The row of the class table that stands for no class, for a model that was trained with one and does not say"
              + " which: it is kept, so that images can be guided.")
  Integer nullClass;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    Path folder = out != null ? out : Path.of("runs", name());
    Output.mustBeEmpty(folder);
    try (StoredModel stored =
        Checkpoints.open(Home.model(path.toString()), checkpoint.options())
            .withNullClass(nullClass)) {
      long bytes = stored.write(folder);
      console.out.printf(
          "%s: run.json and weights.safetensors, %,d bytes, from %s%n",
          folder, bytes, program(stored.run()));
      tellProcess(stored.run());
      if (!noCheck && Probe.canAsk(stored)) {
        console.out.println(CheckCommand.verdict(Probe.of(stored, null), stored.run().step()));
      }
    }
    return 0;
  }

  private void tellProcess(RunFolder run) {
    ProcessConfig process = run.config().process();
    if (process == null && run.config().isSampled()) {
      console.out.println(
          "it tells no process, so it cannot be sampled yet: import it with --scheduler, or give that"
              + " to sample");
    } else if (process != null && process.known().differs() != null) {
      console.out.println("as in " + program(run) + " but for this: " + process.known().differs());
    }
  }

  private static String program(RunFolder run) {
    return run.source() == null ? "a run folder of jiffusion" : run.source().program();
  }

  private String name() {
    String name = path.toAbsolutePath().normalize().getFileName().toString();
    return name.replaceFirst("\\.(pt|pth|ckpt|bin|safetensors)$", "");
  }
}
