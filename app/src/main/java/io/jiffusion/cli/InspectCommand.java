package io.jiffusion.cli;

import io.jiffusion.base.Shown;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.checkpoint.Tensors;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.evaluate.Inspection;
import io.jiffusion.evaluate.PlanReport;
import io.jiffusion.pipeline.ModelOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "inspect",
    description =
        "Show a model: where it is from, its network, arithmetic, schedule and conventions.")
final class InspectCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = Home.BUNDLED,
      description =
          "A run folder, a checkpoint of another program, the name of a preset, or bundled.")
  String model;

  @Option(names = "--layers", description = "List every layer.")
  boolean layers;

  @Option(
      names = "--tensors",
      description =
          "List the tensors of the file and nothing else: of any safetensors or PyTorch file, also"
              + " of one that is no model.")
  boolean tensors;

  @Option(
      names = "--plan",
      description =
          "Compile the network as sample does, and list the operations of one call with the time of each.")
  boolean plan;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "auto",
      description = "With --plan: fp32, bf16, or auto: bf16 where this machine computes it faster.")
  String precision;

  @Option(
      names = "--block",
      paramLabel = "N",
      defaultValue = "0",
      description = "With --plan: images of a call; 0 is a rule of the network's size.")
  int block;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    if (tensors) {
      tensors(Tensors.of(Home.model(model)));
      return 0;
    }
    if (RunConfig.PRESETS.contains(model) && plan) {
      show(PlanReport.of(RunConfig.of(model, List.of()), options()));
      return 0;
    }
    if (RunConfig.PRESETS.contains(model)) {
      show(RunConfig.of(model, List.of()), " (preset, not trained)");
      return 0;
    }
    Path path = Home.model(model);
    try (StoredModel stored = Checkpoints.open(path, checkpoint.options())) {
      RunFolder run = stored.run();
      if (plan) {
        show(PlanReport.of(stored, options()));
        return 0;
      }
      show(
          run.config(),
          run.source() == null
              ? ", " + run.step() + " training steps, written by jiffusion " + run.jiffusion()
              : ", "
                  + run.source().weights()
                  + " weights of "
                  + run.source().program()
                  + ", "
                  + run.source().file());
      if (stored.autoencoder() != null && !json) {
        console.out.printf("%nautoencoder before it%n");
        show(stored.autoencoder().run().config(), "");
      }
    }
    return 0;
  }

  private ModelOptions options() {
    return new ModelOptions(precision, 1, block);
  }

  /** How many, and their names where these say more than their numbers. */
  private static String classes(RunConfig config) {
    List<String> names = config.classNames();
    return (config.classes() == 0 ? "none" : "" + config.classes())
        + (names.isEmpty() ? "" : ": " + String.join(", ", names));
  }

  private void show(PlanReport report) {
    if (json) {
      console.out.println(report.toJson());
    } else {
      new PlanTable(console.out, report).print(model);
    }
  }

  private void tensors(List<Tensors> all) {
    long count = 0;
    for (Tensors tensor : all) {
      console.out.printf(
          "%-64s %-6s %s%n", Shown.line(tensor.name()), tensor.type(), tensor.shape());
      count += tensor.count();
    }
    console.out.printf(Locale.ROOT, "%,d numbers in %d tensors%n", count, all.size());
  }

  private void show(RunConfig config, String from) {
    Inspection inspection = Inspection.of(config);
    if (json) {
      console.out.println(inspection.toJson());
      return;
    }
    console.out.printf(Locale.ROOT, "model          %s%s%n", model, Shown.line(from));
    console.out.printf(Locale.ROOT, "input          %s%n", inspection.input());
    console.out.printf(
        Locale.ROOT,
        "parameters     %,d in %d tensors%n",
        inspection.parameters(),
        inspection.tensors());
    console.out.printf(
        Locale.ROOT,
        "arithmetic     %.4g GFLOP an evaluation of one image%n",
        inspection.flops() / 1e9);
    console.out.printf(Locale.ROOT, "classes        %s%n", classes(config));
    if (layers) {
      console.out.printf(
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
                  console.out.printf(
                      Locale.ROOT,
                      "%-36s %-10s %-18s %,12d %10.2f%n",
                      layer.name(),
                      layer.kind(),
                      layer.output(),
                      layer.parameters(),
                      layer.flops() / 1e6));
    }
    console.out.println();
    console.out.print(config.toYaml());
  }
}
