package io.jiffusion.cli;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.evaluate.NoisedData;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "toy",
    description =
        "Draw the forward process on points in the plane (data becoming noise) and the learned reverse (noise"
            + " becoming data).")
final class ToyCommand implements Callable<Integer> {
  private static final int PANELS = 6;
  private static final int BLOCK = 500;

  @ParentCommand Console console;

  @Parameters(
      paramLabel = "RUN",
      arity = "0..1",
      defaultValue = "runs/toy-scurve",
      description = "A run folder of jiffusion train toy-scurve, or of another toy set.")
  Path run;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The picture. Default: toy.png in the run folder.")
  Path out;

  @Option(
      names = "--points",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Number of points.")
  int points;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = "ddpm",
      description = "ddpm or ddim, with options.")
  String sampler;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first point.")
  long seed;

  @Override
  public Integer call() {
    try (Model model = Model.load(run, ModelOptions.of().block(BLOCK))) {
      RunConfig config = model.config();
      if (!config.isToy()) {
        throw new JiffusionException(
            run
                + " is a model of images, must be one of points in the plane; use jiffusion sample --trajectory");
      }
      List<Plots.Panel> forward = new ArrayList<>();
      for (int i = 0; i < PANELS; i++) {
        double time = time(i);
        forward.add(
            new Plots.Panel(
                title("forward", time), NoisedData.of(config, points, time, seed).values()));
      }
      SampleRequest request =
          SampleRequest.of(points)
              .sampler(sampler)
              .steps(config.process().steps())
              .seed(seed)
              .batch(points)
              .floats(true)
              .trajectory(true);
      SampleResult result;
      try (Bar bar = new Bar(console.err)) {
        result = model.sample(request, bar, console.cancellation);
      }
      List<Plots.Panel> reverse = new ArrayList<>();
      List<Images> states = result.trajectory();
      for (int i = 0; i < PANELS; i++) {
        double time = time(PANELS - 1 - i);
        reverse.add(
            new Plots.Panel(
                title("reverse", time),
                states.get((int) Math.round((1 - time) * (states.size() - 1))).values()));
      }
      Path file = out == null ? run.resolve("toy.png") : out;
      if (file.getParent() != null) {
        Output.folder(file.getParent());
      }
      Png.write(file, Plots.rows(List.of(forward, reverse)), console.origin(run.toString()));
      console.out.println(file);
    }
    return 0;
  }

  /** Closer together near the data, where the points change most. */
  private static double time(int panel) {
    double share = (double) panel / (PANELS - 1);
    return share * share;
  }

  private static String title(String process, double time) {
    return String.format(Locale.ROOT, "%s, t = %.2f", process, time);
  }
}
