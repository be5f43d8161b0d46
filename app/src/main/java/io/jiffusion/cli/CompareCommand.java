package io.jiffusion.cli;

import io.jiffusion.data.Png;
import io.jiffusion.evaluate.Comparison;
import io.jiffusion.evaluate.Comparison.Row;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.sampler.SamplerNames;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "compare",
    description =
        "Several samplers with several budgets from the same noise: a sheet of the images, a plot of the distance to the"
            + " exact flow against evaluations, and a table with seconds.")
final class CompareCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Option(
      names = "--samplers",
      paramLabel = "NAME",
      arity = "1..*",
      defaultValue = "ddim heun dpm-solver-3 dpmpp-2m unipc",
      completionCandidates = RequestOptions.Candidates.class,
      description = "Samplers with their options, with spaces or commas between.")
  List<String> names;

  @Option(
      names = "--budgets",
      paramLabel = "N",
      arity = "1..*",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "5,10,20,50",
      description = "Evaluations of an image, ascending.")
  List<Integer> budgets;

  @Option(
      names = "--reference",
      paramLabel = "N",
      defaultValue = "300",
      description = "Evaluations of the reference, a third-order solver.")
  int reference;

  @Option(
      names = "--spacing",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "One for all, as in jiffusion sample. auto: each sampler's own.")
  String spacing;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "8",
      description = "Images of each sampler and budget.")
  int count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image; image i has the seed S+i.")
  long seed;

  @Option(
      names = {"-c", "--class"},
      paramLabel = "C",
      arity = "1..*",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      showDefaultValue = Visibility.NEVER,
      description = "Classes to draw, such as 3 or 0,1,2; repeated as needed.")
  List<Integer> classes = List.of();

  @Option(
      names = "--guidance",
      paramLabel = "G",
      defaultValue = "1",
      description = "Classifier-free guidance; 1 is none.")
  double guidance;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "comparison",
      description = "Folder of the results.")
  Path out;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    List<String> samplers = SamplerNames.list(String.join(" ", names));
    SampleRequest request =
        SampleRequest.of(count)
            .spacing(spacing)
            .seed(seed)
            .classes(classes.stream().mapToInt(Integer::intValue).toArray())
            .guidance(guidance);
    Comparison comparison = new Comparison(samplers, budgets, reference, request);
    Comparison.Result result;
    try (Model model = models.load()) {
      Output.folder(out);
      try (Bar bar = new Bar(console.err)) {
        result = comparison.run(model, bar, console.cancellation);
      }
    }
    List<Path> files = List.of(out.resolve("sheet.png"), out.resolve("convergence.png"));
    Png.write(files.get(0), sheet(result), console.origin(models.model));
    Png.write(files.get(1), plot(samplers, result.rows()), console.origin(models.model));
    console.out.println(json ? result.json() : table(result.rows()));
    if (!json) {
      files.forEach(file -> console.out.println("  " + file));
    }
    return 0;
  }

  private BufferedImage sheet(Comparison.Result result) {
    Sheet sheet = new Sheet();
    sheet.add(result.reference(), "reference", reference + " evaluations");
    for (Row row : result.rows()) {
      String distance =
          row.distance() == null
              ? "stochastic"
              : String.format(Locale.ROOT, "distance %.3g", row.distance());
      sheet.add(row.images(), row.sampler(), row.evaluations() + " evaluations", distance);
    }
    return sheet.picture();
  }

  private BufferedImage plot(List<String> samplers, List<Row> rows) {
    List<Plots.Line> lines = new ArrayList<>();
    for (String sampler : samplers) {
      List<Row> own =
          rows.stream()
              .filter(row -> row.sampler().equals(sampler) && row.distance() != null)
              .toList();
      if (!own.isEmpty()) {
        lines.add(
            new Plots.Line(
                sampler,
                own.stream().mapToDouble(Row::evaluations).toArray(),
                own.stream().mapToDouble(Row::distance).toArray()));
      }
    }
    return Plots.convergence(lines);
  }

  private String table(List<Row> rows) {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%-28s %7s %12s %10s %6s %9s%n",
                "sampler",
                "budget",
                "evaluations",
                "distance",
                "slope",
                "seconds"));
    Row before = null;
    for (Row row : rows) {
      boolean slope =
          before != null && before.sampler().equals(row.sampler()) && row.distance() != null;
      text.append(
          String.format(
              Locale.ROOT,
              "%-28s %7d %12d %10s %6s %9.2f%n",
              row.sampler(),
              row.budget(),
              row.evaluations(),
              row.distance() == null ? "-" : String.format(Locale.ROOT, "%.3e", row.distance()),
              slope ? String.format(Locale.ROOT, "%.2f", slope(before, row)) : "",
              row.seconds()));
      before = row;
    }
    return text.append("distance: root mean square to ")
        .append(reference)
        .append(" evaluations of dpm-solver-3; slope: the order seen between two budgets")
        .toString();
  }

  private static double slope(Row coarse, Row fine) {
    return Math.log(coarse.distance() / fine.distance())
        / Math.log((double) fine.evaluations() / coarse.evaluations());
  }
}
