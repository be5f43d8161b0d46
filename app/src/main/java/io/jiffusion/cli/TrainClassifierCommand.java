package io.jiffusion.cli;

import io.jiffusion.base.Check;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.config.Home;
import io.jiffusion.config.ImageSpec;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.pipeline.ImageClassifier;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "train-classifier",
    description =
        "Train a classifier of images with classes, by whose features jiffusion evaluate judges, or one that guides.")
final class TrainClassifierCommand implements Callable<Integer> {
  /** The classifier that comes with the program, in the program's folder. */
  static final Path BUNDLED = Path.of("models", "mnist-classifier");

  @ParentCommand Console console;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "runs/mnist-classifier",
      description = "Folder of the result.")
  Path out;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      defaultValue = "mnist",
      description =
          "Images with classes: mnist, cifar10=DIR, fashion-mnist=DIR, a folder or .zip with a sub-folder a class, or a"
              + " .npz with arr_0 and arr_1. Where there are no test images, every tenth image is kept for the test.")
  String data;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "32",
      description =
          "Height and width to which the images are brought, a power of two; digits and clothes get black margins.")
  int size;

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
    ImageSpec spec = ImageSpec.of(data);
    ImageSet all = held(spec);
    boolean parted = spec.parted() && !spec.test();
    ImageSet train = parted ? all : all.pick(tenths(all, false));
    ImageSet test = parted ? held(spec.otherPart()) : all.pick(tenths(all, true));
    try (Bar bar = new Bar(console.err)) {
      ImageClassifier.train(train, process, out, steps, seed, bar, console.cancellation);
    }
    try (ImageClassifier classifier = ImageClassifier.load(out)) {
      console.out.printf(
          Locale.ROOT,
          "%.2f%% of the %d test images recognised; the classifier is in %s%n",
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

  private ImageSet held(ImageSpec spec) {
    try (ImageSource source = spec.open(size)) {
      ImageSet images = ImageSources.held(source);
      Check.that(
          images.classes() >= 2,
          "--data",
          data + " with " + images.classes() + " classes",
          "must have 2 or more: sub-folders are classes, or arr_1 of a .npz");
      return images;
    }
  }

  /** Every tenth image, or all others. */
  private static int[] tenths(ImageSet images, boolean tenth) {
    return IntStream.range(0, images.size()).filter(i -> i % 10 == 9 == tenth).toArray();
  }
}
