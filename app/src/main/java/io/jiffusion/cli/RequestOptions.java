package io.jiffusion.cli;

import io.jiffusion.pipeline.ProcessConfig;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.sampler.Samplers;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that make a {@link SampleRequest}, for all commands that take one. */
final class RequestOptions {
  private static final String AUTO = "auto";

  /** Up to so many evaluations, SDE-DPM-Solver++ makes the best digits: docs/samplers.md. */
  private static final int FEW = 20;

  private static final int MANY = 50;

  /**
   * From the first time to the last noisy one, which adaptive samplers do in steps of their own,
   * and to no noise.
   */
  private static final int ENDS = 2;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = AUTO,
      completionCandidates = SamplerNames.class,
      description =
          "Such as ddim, ddpm or dpmpp-2m, with options such as ddim:eta=0.5; jiffusion samplers lists them. auto:"
              + " an imported model's own; else dpmpp-2m-sde for up to 20 steps or evaluations, where its images are the"
              + " best, and ddim for more.")
  String sampler;

  @Option(
      names = "--steps",
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
      names = "--count",
      paramLabel = "N",
      defaultValue = "16",
      description = "Number of images.")
  int count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image; image i has the seed S+i.")
  long seed;

  @Option(
      names = "--class",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "C",
      split = ",",
      description = "Classes to draw, such as 3 or 0,1,2; repeated as needed.")
  List<Integer> classes = List.of();

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

  /** The request for a model of this process. */
  SampleRequest request(ProcessConfig process) {
    String name = sampler(process);
    if (steps != null && evaluations != null) {
      throw new IllegalArgumentException(
          "illegal --steps "
              + steps
              + " with --evaluations "
              + evaluations
              + ", must be one of them");
    }
    SampleRequest request = SampleRequest.of(count).sampler(name);
    boolean own = isOwn(process);
    if (steps != null) {
      request = request.steps(steps);
    } else if (evaluations != null) {
      request = request.evaluations(evaluations);
    } else if (own && process.known().steps() != null) {
      request = request.steps(process.known().steps());
    } else if (Samplers.method(name).order().equals("adaptive")) {
      request = request.steps(ENDS);
    } else if (name.startsWith("ddpm")) {
      request = request.steps(process.steps());
    } else {
      request = request.evaluations(Math.min(MANY, process.steps()));
    }
    String ownSpacing = process.known().spacing();
    return request
        .spacing(own && spacing.equals(AUTO) && ownSpacing != null ? ownSpacing : spacing)
        .seed(seed)
        .classes(classes.stream().mapToInt(Integer::intValue).toArray())
        .guidance(guidance)
        .guide(guide)
        .threshold(threshold)
        .batch(batch);
  }

  /** Whether the model's own sampler is taken. */
  private boolean isOwn(ProcessConfig process) {
    return sampler.equals(AUTO) && eta == null && process.known().sampler() != null;
  }

  private String sampler(ProcessConfig process) {
    if (isOwn(process)) {
      return process.known().sampler();
    }
    if (eta != null) {
      if (!sampler.equals("ddim") && !sampler.equals(AUTO)) {
        throw new IllegalArgumentException(
            "illegal --eta " + eta + " with --sampler " + sampler + ", must go with ddim alone");
      }
      return "ddim:eta=" + eta;
    }
    if (!sampler.equals(AUTO)) {
      return sampler;
    }
    int number = steps != null ? steps : evaluations != null ? evaluations : MANY;
    return number <= FEW ? "dpmpp-2m-sde" : "ddim";
  }

  /** For the completion of the shell. */
  static final class SamplerNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Samplers.methods().stream().map(Samplers.Method::name).iterator();
    }
  }
}
