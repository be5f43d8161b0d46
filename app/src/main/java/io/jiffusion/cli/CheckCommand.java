package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.Home;
import io.jiffusion.evaluate.Probe;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "check",
    description =
        "See whether a model's weights and conventions fit each other: noised pictures go through"
            + " it, and the noise that it sees is compared with the one that was added.")
final class CheckCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = Home.BUNDLED,
      description = "A run folder, a checkpoint, or bundled.")
  String model;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Pictures like those it was trained on, in a folder: only they can tell that a model does"
              + " not fit. By default the data set that a run names, else digits for small grey"
              + " images, and drawn shapes for others.")
  Path data;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    try (StoredModel stored = Checkpoints.open(Home.model(model), checkpoint.options())) {
      DataConfig pictures = data == null ? null : new DataConfig("folder", data.toString(), false);
      Probe probe = Probe.of(stored, pictures);
      console.out.printf(Locale.ROOT, "%-8s %12s %12s%n", "time", "error", "chance");
      for (Probe.Row row : probe.rows()) {
        console.out.printf(
            Locale.ROOT, "%-8.4f %12.4f %12.4f%n", row.time(), row.error(), row.chance());
      }
      console.out.println(verdict(probe, stored.run().step()));
      return probe.verdict() == Probe.Verdict.DOES_NOT_FIT ? Console.FAILED : 0;
    }
  }

  /** One line that says what was seen of a model. */
  static String verdict(Probe probe, long steps) {
    String score = String.format(Locale.ROOT, "%.2f", probe.score());
    String chance =
        "the predicted noise is no better than chance (at worst " + score + " of its error)";
    String better =
        probe.better() == null
            ? ""
            : String.format(
                Locale.ROOT,
                "; with %s it is %.2f",
                probe.better().setting(),
                probe.better().score());
    return switch (probe.verdict()) {
      case FITS -> "weights and conventions fit: the error is at most " + score + " of chance's";
      case TOO_YOUNG ->
          "too young to tell whether weights and conventions fit: after "
              + steps
              + " training steps "
              + chance
              + "; train it further and check again";
      case CANNOT_TELL ->
          "cannot tell whether weights and conventions fit: of pictures that may be nothing like"
              + " those of the training "
              + chance
              + better
              + "; give pictures like those of the training: jiffusion check MODEL --data DIR";
      case DOES_NOT_FIT ->
          "weights and conventions do not fit: "
              + chance
              + (better.isEmpty()
                  ? "; no profile that is known here fits better, so look at the weights, and"
                      + " whether the pictures are like those of the training"
                  : better + ": set that in run.json");
    };
  }
}
