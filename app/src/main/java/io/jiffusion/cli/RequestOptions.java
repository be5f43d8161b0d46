package io.jiffusion.cli;

import io.jiffusion.config.RunConfig;
import io.jiffusion.pipeline.Defaults;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.Values;
import io.jiffusion.sampler.SamplerNames;
import io.jiffusion.sampler.Samplers;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that make a {@link SampleRequest}, for all commands that take one. */
final class RequestOptions {
  /** What stands between the values of a list: commas and spaces alike. */
  static final String LIST = " *[, ] *";

  private static final String AUTO = "auto";

  private static final int COUNT = 16;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = AUTO,
      completionCandidates = Candidates.class,
      description =
          "Such as ddim, ddpm or dpmpp-2m, with options such as ddim:eta=0.5; jiffusion samplers lists them; other programs' names do as well: \"DPM++ 2M Karras\". auto:"
              + " an imported model's own; else dpmpp-2m-sde for up to 20 steps or evaluations, where its images are the"
              + " best, and ddim for more.")
  String sampler;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      description =
          "Steps of the sampler. Default: 50 evaluations' worth, for ddpm all steps of the model.")
  Integer steps;

  @Option(
      names = "--evaluations",
      paramLabel = "N",
      description =
          "In place of --steps: as many steps as need at most N network evaluations of an image.")
  Integer evaluations;

  @Option(
      names = "--eta",
      paramLabel = "E",
      description = "Short for --sampler ddim:eta=E: 0 is deterministic, 1 is like ddpm.")
  Double eta;

  @Option(
      names = "--spacing",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "The times of the steps. Of the training's: uniform, quadratic, leading, trailing, linspace, ddimN, counts such as"
              + " 10,10,5, or list:0,10,20. Of any process: time, time-quadratic, logsnr, karras:rho=7, exponential,"
              + " polyexponential:rho=1, times:1,0.5,0. auto: what jiffusion samplers tells.")
  String spacing;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "Number of images. Default: 16; with --noise, as many as the file has.")
  Integer count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image; image i has the seed S+i.")
  long seed;

  @Option(
      names = {"-c", "--class"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "C",
      arity = "1..*",
      split = LIST,
      splitSynopsisLabel = ",",
      description = "Classes to draw, by name or number, such as 3 or cat,dog; repeated as needed.")
  List<String> classes = List.of();

  @Option(
      names = "--guidance",
      paramLabel = "G",
      defaultValue = "1",
      description = "Classifier-free guidance: 1 is none, more follows the class more closely.")
  double guidance;

  @Option(
      names = "--guide",
      paramLabel = "BY",
      defaultValue = "free",
      description =
          "By what guidance is: free (the model without a class), with free:low=0.2,high=3 for an interval of noise levels"
              + " and rescale=0.7 for contrast; weak:model=RUN, a weaker model (autoguidance); or classifier:scale=1, a"
              + " classifier of noisy images (model=DIR, or the one of the bundled digits), with unconditional where the"
              + " model is not told the class, and mean for ddpm's mean shift.")
  String guide;

  @Option(
      names = "--threshold",
      paramLabel = "HOW",
      defaultValue = "auto",
      description =
          "Of the predicted image: none, static (to [-1, 1]), dynamic:quantile=0.995,limit=1; auto is the model's own.")
  String threshold;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "0",
      description = "Images in flight; changes no pixel. 0 leaves it to the program.")
  int batch;

  /** The request for a model of this configuration, with nothing left open. */
  SampleRequest request(RunConfig config) {
    return Defaults.fill(words(config), config.process());
  }

  /** What is to be said of the model's own sampler where it is taken; empty for nothing. */
  String note(RunConfig config) {
    String differs = Defaults.differs(words(config), config.process());
    return differs.isEmpty()
        ? ""
        : "note: not everything is as in the program that the model is from: "
            + differs
            + " (docs/checkpoints.md)";
  }

  private SampleRequest words(RunConfig config) {
    return words().classes(config.classesOf(classes)).guidance(guidance);
  }

  /** What was typed, but for classes and guidance towards them, which need a model. */
  SampleRequest words() {
    SampleRequest request =
        SampleRequest.auto(count == null ? COUNT : count)
            .spacing(spacing)
            .sampler(eta == null ? sampler : ddim())
            .seed(seed)
            .guide(guide)
            .threshold(threshold)
            .batch(batch);
    if (steps != null && evaluations != null) {
      throw new IllegalArgumentException(
          "illegal --steps "
              + steps
              + " with --evaluations "
              + evaluations
              + ", must be one of them");
    }
    if (steps != null) {
      return request.steps(steps);
    }
    return evaluations == null ? request : request.evaluations(evaluations);
  }

  private String ddim() {
    if (!sampler.equalsIgnoreCase(AUTO) && !SamplerNames.own(sampler).equals("ddim")) {
      throw new IllegalArgumentException(
          "illegal --eta " + eta + " with --sampler " + sampler + ", must go with ddim alone");
    }
    return "ddim:eta=" + eta;
  }

  /** Has a file of noise, [N, C, H, W], decide the count. */
  void countOf(String file, Values noise, Model model) {
    long size = (long) model.channels() * model.height() * model.width();
    long[] shape = noise.shape();
    long image = LongStream.of(shape).skip(1).reduce(1, (a, b) -> a * b);
    if (shape.length < 2 || image != size) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "illegal --noise %s: %s, must be [N, %d, %d, %d] for this model",
              file,
              Arrays.toString(shape),
              model.channels(),
              model.height(),
              model.width()));
    }
    if (count != null && count != shape[0]) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "illegal --count %d with --noise %s, which holds the noise of %d images; leave --count"
                  + " out",
              count,
              file,
              shape[0]));
    }
    count = Math.toIntExact(shape[0]);
  }

  /** For the completion of the shell. */
  static final class Candidates implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Samplers.methods().stream().map(Samplers.Method::name).iterator();
    }
  }
}
