package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Png;
import io.jiffusion.evaluate.Likelihood;
import io.jiffusion.evaluate.Likelihood.Mean;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "likelihood",
    description =
        "Tell how many bits a value of real images costs under a model: the variational bound of its reverse process,"
            + " term by term, and the exact likelihood of its probability flow. Always in fp32: the flow needs the"
            + " network's derivative, which is too coarse in bf16.")
final class LikelihoodCommand implements Callable<Integer> {
  private enum Method {
    BOUND,
    EXACT,
    BOTH
  }

  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = Home.BUNDLED,
      description = "A run folder of jiffusion train, or bundled.")
  String model;

  @Option(
      names = "--images",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Pictures, fitted to the model. Default: test digits.")
  List<Path> files;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder of the test digits. Default: the one that comes with the program.")
  Path data;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "16",
      description = "Test digits, evenly spread over all of them.")
  int count;

  @Option(
      names = {"-c", "--class"},
      description = "Each digit with its own class. Default: the model without a class.")
  boolean classes;

  @Option(
      names = "--method",
      paramLabel = "HOW",
      defaultValue = "both",
      description = "bound, exact, or both.")
  Method method;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Of the bound: steps of the reverse process, evenly spread over those of the training. Each number of steps is a"
              + " model of its own; fewer give a higher bound.")
  int steps;

  @Option(
      names = "--variance",
      paramLabel = "V",
      defaultValue = "auto",
      description =
          "Of the bound's steps: auto (the model's own), small, large, learned-range, learned, or optimal, which jiffusion"
              + " measure has measured.")
  String variance;

  @Option(
      names = "--probes",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Of the exact one: how often it is estimated, each time along another direction.")
  int probes;

  @Option(
      names = "--rtol",
      paramLabel = "E",
      defaultValue = "1e-3",
      description = "Of the exact one: error allowed in a step, relative to the value.")
  double rtol;

  @Option(
      names = "--atol",
      paramLabel = "E",
      defaultValue = "1e-3",
      description = "Of the exact one: error allowed in a step in any case.")
  double atol;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image's noise; image i has the seed S+i.")
  long seed;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draw the terms of the bound over time into this PNG file.")
  Path plot;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    if (plot != null && method == Method.EXACT) {
      throw new IllegalArgumentException(
          "illegal --plot with --method exact, must go with the bound, whose terms it shows");
    }
    if (classes && files != null) {
      throw new IllegalArgumentException(
          "illegal --class with --images, must be left out: pictures do not say their class");
    }
    Likelihood likelihood =
        new Likelihood(
            method == Method.EXACT ? 0 : positive("steps", steps),
            variance,
            method == Method.BOUND ? 0 : positive("probes", probes),
            rtol,
            atol,
            classes,
            seed);
    Likelihood.Result result;
    try (Model loaded = Model.load(Home.model(model), ModelOptions.of().precision("fp32"));
        Bar bar = new Bar(console.err)) {
      Dataset images = images(loaded);
      result =
          likelihood.run(
              loaded, images, files == null ? count : images.size(), bar, console.cancellation);
    }
    if (plot != null) {
      Png.write(
          plot, Plots.terms(result.bound().times(), result.bound().terms()), console.origin(model));
    }
    console.out.println(json ? result.json() : table(result));
    return 0;
  }

  /** 0 would mean the other method alone. */
  private static int positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("illegal " + name + ": " + value + ", must be 1 or more");
    }
    return value;
  }

  private Dataset images(Model loaded) {
    GivenPictures given = new GivenPictures(loaded);
    return files == null ? given.digits(data) : new ImageSet(given.files(files), null, List.of());
  }

  private String table(Likelihood.Result result) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%d images, %s; bits per dimension, with the standard error over images%n%n",
            result.count(),
            classes ? "each with its class" : "without a class"));
    Likelihood.Bound bound = result.bound();
    if (bound != null) {
      row(text, "variational bound", bound.total(), bound.times().length + " steps");
      row(text, "  prior", bound.prior(), "what the last state says of the image");
      row(text, "  steps", bound.between(), "all steps but the last");
      row(text, "  decoder", bound.decoder(), "the last step, to bytes");
    }
    Likelihood.Flow flow = result.flow();
    if (flow != null) {
      row(
          text,
          "exact, by the flow",
          flow.total(),
          flow.evaluations()
              + " evaluations an image"
              + (flow.probeError() == null
                  ? ", 1 probe"
                  : String.format(
                      Locale.ROOT, ", %d probes: +- %.4f of it", probes, flow.probeError())));
    }
    return text.append(String.format(Locale.ROOT, "%n%.0f s", result.seconds())).toString();
  }

  private static void row(StringBuilder text, String name, Mean mean, String note) {
    text.append(
        String.format(
            Locale.ROOT,
            "%-20s %8.4f  %-10s  %s%n",
            name,
            mean.bits(),
            mean.error() == null ? "" : String.format(Locale.ROOT, "+- %.4f", mean.error()),
            note));
  }
}
