package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.evaluate.Inspection;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "schedule",
    description =
        "Explain what a sampler will do, without doing it: times, noise levels, evaluations, seconds.")
final class ScheduleCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "RUN",
      defaultValue = Home.BUNDLED,
      description = "A run folder, a preset, a configuration file, or bundled.")
  String model;

  @Mixin RequestOptions options;

  @Mixin CheckpointOptions checkpoint;

  @Option(
      names = "--gflops",
      paramLabel = "G",
      defaultValue = "100",
      description =
          "Speed of the machine, for the estimate of seconds; jiffusion bench measures it.")
  double gflops;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    if (!(gflops > 0 && gflops < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("illegal gflops: " + gflops + ", must be above 0");
    }
    RunConfig config = config();
    SampleRequest request = options.request(config);
    SamplePlan plan = SamplePlan.of(config.process(), request);
    double flops = (double) Inspection.of(config).flops() * plan.passes() * request.count();
    double seconds = flops / (gflops * 1e9);
    console.out.println(
        json
            ? Tree.of(new Explained(plan.evaluations(), plan.passes(), seconds, plan.rows()))
                .toJson()
            : text(config, request, plan, flops, seconds));
    return 0;
  }

  private RunConfig config() {
    boolean file =
        RunConfig.PRESETS.contains(model)
            || model.endsWith(".yaml")
            || model.endsWith(".yml")
            || model.endsWith(".json");
    if (file) {
      return RunConfig.of(model, List.of());
    }
    try (StoredModel stored = Checkpoints.open(Home.model(model), checkpoint.options())) {
      stored.mustBeSampled();
      return stored.run().config();
    }
  }

  private String text(
      RunConfig config, SampleRequest request, SamplePlan plan, double flops, double seconds) {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%s in %d %ssteps of the %s schedule, %s spacing%n%n",
                request.sampler(),
                plan.rows().size(),
                config.process().isTable() ? "of the " + config.process().steps() + " " : "",
                Binder.name(config.process().schedule()),
                plan.spacing()));
    text.append(
        String.format(
            Locale.ROOT,
            "%5s  %9s  %9s  %10s  %10s  %10s%n",
            "step",
            "time",
            "label",
            "alpha",
            "sigma",
            "half logSNR"));
    int number = 1;
    for (SamplePlan.Row row : plan.rows()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%5d  %9.6f  %9s  %10.6f  %10.6f  %10.4f%n",
              number++,
              row.time(),
              number(row.label()),
              row.alpha(),
              row.sigma(),
              row.lambda()));
    }
    double last = plan.rows().get(plan.rows().size() - 1).next();
    text.append(
        String.format(
            Locale.ROOT,
            "%5s  %9.6f  %s%n%n",
            "end",
            last,
            last == 0 ? "no noise: the predicted image" : ""));
    if (plan.evaluations() == 0) {
      return text.append("evaluations    as many as the tolerance asks for, told after the run")
          .toString();
    }
    text.append(
        String.format(
            Locale.ROOT,
            "evaluations    %d an image%s%n",
            plan.evaluations(),
            plan.passes() > plan.evaluations()
                ? ", " + plan.passes() + " passes through the network with guidance"
                : ""));
    text.append(
        String.format(
            Locale.ROOT,
            "arithmetic     %.3g GFLOP for %d images%n",
            flops / 1e9,
            request.count()));
    text.append(
        String.format(
            Locale.ROOT,
            "time           about %.3g s at %.0f GFLOP/s (--gflops; jiffusion bench measures it)",
            seconds,
            gflops));
    return text.toString();
  }

  private static String number(double x) {
    return x == Math.rint(x) ? String.valueOf((long) x) : String.format(Locale.ROOT, "%.4f", x);
  }

  private record Explained(
      int evaluations, int passes, double seconds, List<SamplePlan.Row> steps) {}
}
