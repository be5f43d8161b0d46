package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.config.Home;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Mnist;
import io.jiffusion.pipeline.ImageClassifier;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "train-classifier",
    description =
        "Train the classifier of digits that jiffusion evaluate judges by, or one that guides.")
final class TrainClassifierCommand implements Callable<Integer> {
  /** The classifier that comes with the program, in the program's folder. */
  static final Path BUNDLED = Path.of("models", "mnist-classifier");

  private static final int SIZE = 32;

  @ParentCommand Console console;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "runs/mnist-classifier",
      description = "Folder of the result.")
  Path out;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the training and test digits. Default: the one that comes with the program.")
  Path data;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      defaultValue = "2000",
      description = "Steps of 64 images.")
  long steps;

  @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Seed of the run.")
  long seed;

  @Option(
      names = "--noisy",
      paramLabel = "RUN",
      arity = "0..1",
      fallbackValue = Home.BUNDLED,
      description =
          "Train on noisy digits, those of the model in this run folder (without one: of the"
              + " bundled model), so that the classifier can guide it.")
  String noisy;

  @Override
  public Integer call() {
    ProcessConfig process =
        noisy == null ? null : Checkpoints.describe(Home.model(noisy)).config().process();
    ImageSet train = digits(data, true, SIZE);
    ImageSet test = digits(data, false, SIZE);
    try (Bar bar = new Bar(console.err)) {
      ImageClassifier.train(train, process, out, steps, seed, bar, console.cancellation);
    }
    try (ImageClassifier classifier = ImageClassifier.load(out)) {
      console.out.printf(
          Locale.ROOT,
          "%.2f%% of the %d test digits recognised; the classifier is in %s%n",
          100 * classifier.accuracy(test),
          test.size(),
          out);
      for (int tenth = 1; classifier.noisy() && tenth <= 9; tenth += 2) {
        console.out.printf(
            Locale.ROOT,
            "%.2f%% of them at t = 0.%d%n",
            100 * classifier.accuracy(test, tenth / 10.0, seed),
            tenth);
      }
    }
    return 0;
  }

  /** Digits from a folder, or the program's own if there is none. */
  static ImageSet digits(Path data, boolean train, int size) {
    return Mnist.digits(
        data != null ? data : Home.folder().resolve("data").resolve("mnist"), train, size);
  }
}
