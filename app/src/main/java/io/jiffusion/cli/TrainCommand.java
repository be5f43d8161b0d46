package io.jiffusion.cli;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.pipeline.Engine;
import io.jiffusion.pipeline.Training;
import io.jiffusion.pipeline.TrainingPlan;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "train", description = "Train a model. Ctrl-C saves and says how to go on.")
final class TrainCommand implements Callable<Integer> {
  static final String DEVICE =
      "cpu, cuda, or auto: a GPU where there is one and the program was built with mvn -Pgpu.";

  @ParentCommand Console console;

  @Parameters(
      paramLabel = "PRESET",
      arity = "0..1",
      description =
          "A preset (mnist, toy-scurve, cifar10, folder) or a YAML or JSON file, which may begin with preset: NAME. With"
              + " --resume it may be left out: the run goes on with its own configuration.")
  String source;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "RUN",
      description = "The run folder. Default: runs/PRESET.")
  Path out;

  @Mixin TrainSettings settings;

  @Option(names = "--device", paramLabel = "D", defaultValue = "auto", description = DEVICE)
  String device;

  @Option(
      names = "--resume",
      description = "Go on from the run's newest checkpoint, exactly as if it had never stopped.")
  boolean resume;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "50",
      description = "Steps between progress lines where there is no terminal.")
  long every;

  @Option(
      names = "--dry-run",
      description = "Show what would be trained, on what and with how much memory, and end there.")
  boolean dryRun;

  private boolean told;

  /** Prints the configuration once, when it is known to be good. */
  private void tell(RunConfig config) {
    if (!told) {
      told = true;
      console.out.print(config.toYaml());
      console.out.flush();
    }
  }

  /** What a training would do, as comments of the configuration above. */
  private static String plan(RunConfig config, Path folder) {
    TrainingPlan plan = TrainingPlan.of(config);
    return String.format(
        Locale.ROOT,
        "# data: %,d %s%s%n# network: %,d parameters%n# memory: %s of weights, averages and moments;"
            + " about %s for a batch of %d%n# run folder: %s%n",
        plan.images(),
        config.isToy() ? "points" : "images",
        plan.classes() > 0 ? " of " + plan.classes() + " classes" : "",
        plan.parameters(),
        megabytes(plan.stateBytes()),
        megabytes(plan.batchBytes()),
        config.train().batch(),
        folder);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.0f MB", Math.ceil(bytes / 1e6));
  }

  /** The configuration of a run that goes on. */
  private static RunConfig trained(Path folder) {
    RunConfig config = RunFolder.read(folder).config();
    if (config.train() == null) {
      throw new JiffusionException(
          folder
              + " was imported, so there is no training to go on with; begin one with a preset or"
              + " a configuration file");
    }
    return config;
  }

  @Override
  public Integer call() {
    if (source == null && (!resume || out == null)) {
      throw new IllegalArgumentException(
          "missing PRESET, must be given: one of "
              + String.join(", ", RunConfig.PRESETS)
              + ", or a file; or --resume with --out RUN");
    }
    if (every < 0) {
      throw new IllegalArgumentException("illegal --every " + every + ", must be 0 or more");
    }
    Path folder = out != null ? out : Path.of("runs", name(source));
    RunConfig config =
        settings.of(
            changes ->
                source == null ? trained(folder).with(changes) : RunConfig.of(source, changes));
    config = source == null ? config : config.fitted();
    if (!config.found().isEmpty()) {
      console.err.println(config.data().path() + ": " + config.found());
    }
    if (dryRun) {
      console.out.print(config.toYaml());
      console.out.print(plan(config, folder));
      return 0;
    }
    return train(config, folder);
  }

  private int train(RunConfig config, Path folder) {
    boolean finished;
    Engine.use(device);
    String goOn =
        "go on with: "
            + Console.NAME
            + " train --out "
            + folder
            + " --resume"; // by the run's own configuration, --set and all
    console.interrupts.onLoss(() -> lost(folder, goOn));
    RunPictures pictures = new RunPictures(console, folder, config);
    boolean terminal = Terminal.shows();
    try (Bar bar = new Bar(console.err, terminal, every);
        RunReport report =
            new RunReport(
                console.err,
                bar,
                config.train().batch(),
                () -> tell(config),
                pictures::make,
                terminal ? 0 : RunReport.QUIET_SECONDS * 1000)) {
      finished = new Training(config, folder, resume).run(report, console.cancellation);
    }
    long made = RunFolder.read(folder).step();
    if (finished || !console.cancellation.requested()) {
      console.out.printf(
          "%d steps made; the model is in %s%nNext: %s %s%n",
          made,
          folder,
          Console.NAME,
          config.isToy() ? "toy " + folder : "sample --model " + folder);
      if (!finished) {
        console.err.println("the time is up; " + goOn);
      }
      return 0;
    }
    if (made > 0) {
      console.interrupts.saved();
    }
    console.err.println(
        made > 0
            ? "stopped and saved after " + made + " steps; " + goOn
            : "stopped before the first step, nothing is saved");
    return Console.INTERRUPTED;
  }

  private static String lost(Path folder, String goOn) {
    try {
      long kept = RunFolder.read(folder).step();
      if (kept > 0) {
        return "steps after the " + kept + " that are saved are lost; " + goOn;
      }
    } catch (JiffusionException e) {
      // It has no such file yet.
    }
    return "nothing was saved yet";
  }

  /** A preset's name, or a file's without folder and ending. */
  private static String name(String source) {
    String file = String.valueOf(Path.of(source).getFileName());
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }
}
