package io.jiffusion.cli;

import io.jiffusion.pipeline.ProcessConfig;
import io.jiffusion.pipeline.SampleRequest;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that make a {@link SampleRequest}, for all commands that take one. */
final class RequestOptions {
  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = "ddim",
      description = "ddim or ddpm, with options such as ddim:eta=0.5 or ddpm:variance=large.")
  String sampler;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Network evaluations of an image. Default: 50 for ddim, all steps of the model for ddpm.")
  Integer steps;

  @Option(
      names = "--eta",
      paramLabel = "E",
      description = "Short for --sampler ddim:eta=E: 0 is deterministic, 1 is like ddpm.")
  Double eta;

  @Option(
      names = "--spacing",
      paramLabel = "NAME",
      defaultValue = "uniform",
      description =
          "Which steps of the training are visited: uniform, quadratic, leading, trailing, linspace, ddimN, counts such as"
              + " 10,10,5, or list:0,10,20.")
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
      names = "--batch",
      paramLabel = "B",
      defaultValue = "0",
      description = "Images in flight; changes no pixel. 0 leaves it to the program.")
  int batch;

  /** The request for a model of this process. */
  SampleRequest request(ProcessConfig process) {
    String text = sampler;
    if (eta != null) {
      if (!sampler.equals("ddim")) {
        throw new IllegalArgumentException(
            "illegal --eta " + eta + " with --sampler " + sampler + ", must go with ddim alone");
      }
      text = "ddim:eta=" + eta;
    }
    int number =
        steps != null
            ? steps
            : sampler.startsWith("ddpm") ? process.steps() : Math.min(50, process.steps());
    return SampleRequest.of(count)
        .sampler(text)
        .steps(number)
        .spacing(spacing)
        .seed(seed)
        .classes(classes.stream().mapToInt(Integer::intValue).toArray())
        .guidance(guidance)
        .batch(batch);
  }
}
