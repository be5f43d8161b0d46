package io.jiffusion.cli;

import io.jiffusion.pipeline.Home;
import io.jiffusion.pipeline.Inspection;
import io.jiffusion.pipeline.RunConfig;
import io.jiffusion.pipeline.RunFolder;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "inspect",
    description = "Show a model: its network, arithmetic, schedule and conventions.")
final class Inspect implements Callable<Integer> {
  @ParentCommand Main main;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = Home.BUNDLED,
      description = "A run folder, the name of a preset, or bundled.")
  String model;

  @Option(names = "--layers", description = "List every layer.")
  boolean layers;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    boolean preset = RunConfig.PRESETS.contains(model);
    RunFolder run = preset ? null : RunFolder.read(Home.model(model));
    RunConfig config = preset ? RunConfig.of(model, List.of()) : run.config();
    Inspection inspection = Inspection.of(config);
    if (json) {
      main.out.println(inspection.toJson());
      return 0;
    }
    main.out.printf(
        Locale.ROOT,
        "model          %s%s%n",
        model,
        preset
            ? " (preset, not trained)"
            : ", " + run.step() + " training steps, written by jiffusion " + run.jiffusion());
    main.out.printf(Locale.ROOT, "input          %s%n", inspection.input());
    main.out.printf(
        Locale.ROOT,
        "parameters     %,d in %d tensors%n",
        inspection.parameters(),
        inspection.tensors());
    main.out.printf(
        Locale.ROOT,
        "arithmetic     %.4g GFLOP an evaluation of one image%n",
        inspection.flops() / 1e9);
    main.out.printf(
        Locale.ROOT, "classes        %s%n", config.classes() == 0 ? "none" : config.classes());
    if (layers) {
      main.out.printf(
          Locale.ROOT,
          "%n%-36s %-10s %-18s %12s %10s%n",
          "layer",
          "kind",
          "output",
          "parameters",
          "MFLOP");
      inspection
          .layers()
          .forEach(
              layer ->
                  main.out.printf(
                      Locale.ROOT,
                      "%-36s %-10s %-18s %,12d %10.2f%n",
                      layer.name(),
                      layer.kind(),
                      layer.output(),
                      layer.parameters(),
                      layer.flops() / 1e6));
    }
    main.out.println();
    main.out.print(config.toYaml());
    return 0;
  }
}
