package io.jiffusion.cli;

import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.evaluate.Reconstruction;
import io.jiffusion.evaluate.Reconstruction.Row;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "reconstruct",
    description =
        "Encode images as noise and make them again, with several budgets: a table of the errors (table 2 of the DDIM"
            + " paper) and a sheet of the images.")
final class ReconstructCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Option(
      names = "--images",
      paramLabel = "FILE",
      arity = "1..*",
      showDefaultValue = Visibility.NEVER,
      description = "Pictures. Default: test digits.")
  List<Path> files = List.of();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder of the test digits. Default: those that come with the program.")
  Path data;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "8",
      description = "Number of test digits.")
  int count;

  @Option(
      names = "--budgets",
      paramLabel = "N",
      arity = "1..*",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "10,20,50,100",
      description = "Evaluations of an image on each of both ways.")
  List<Integer> budgets;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = "ddim",
      completionCandidates = RequestOptions.Candidates.class,
      description = "A deterministic sampler with its options; jiffusion samplers lists them.")
  String sampler;

  @Option(
      names = {"-c", "--class"},
      paramLabel = "C",
      arity = "1..*",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      showDefaultValue = Visibility.NEVER,
      description =
          "Classes of the images, repeated as needed. Default: those of the test digits; none for pictures.")
  List<Integer> classes = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "reconstructed",
      description = "Folder of the results.")
  Path out;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    Images originals;
    List<Row> rows;
    try (Model model = models.load()) {
      int[] labels = classes.stream().mapToInt(Integer::intValue).toArray();
      if (files.isEmpty()) {
        ImageSet digits = new GivenPictures(model).digits(data);
        int number = SampleRequest.of(count).count();
        if (number > digits.size()) {
          throw new IllegalArgumentException(
              "illegal count: " + number + ", must be at most " + digits.size() + " digits");
        }
        originals = digits.images().range(0, number);
        if (labels.length == 0 && model.config().classes() > 0) {
          labels = IntStream.range(0, number).map(digits::label).toArray();
        }
      } else {
        originals = new GivenPictures(model).files(files);
      }
      SampleRequest request = SampleRequest.of(originals.count()).sampler(sampler).classes(labels);
      Output.folder(out);
      try (Bar bar = new Bar(console.err)) {
        rows =
            new Reconstruction(budgets, request).run(model, originals, bar, console.cancellation);
      }
    }
    Path file = out.resolve("sheet.png");
    Sheet sheet = new Sheet();
    sheet.add(originals, "originals");
    for (Row row : rows) {
      sheet.add(
          row.images(),
          row.evaluations() + " evaluations",
          String.format(Locale.ROOT, "error %.5f", row.error()));
    }
    Png.write(file, sheet.picture(), console.origin(models.model));
    if (json) {
      console.out.println(Reconstruction.json(rows));
      return 0;
    }
    console.out.printf(Locale.ROOT, "%7s %12s %10s%n", "budget", "evaluations", "error");
    for (Row row : rows) {
      console.out.printf(
          Locale.ROOT, "%7d %12d %10.6f%n", row.budget(), row.evaluations(), row.error());
    }
    console.out.printf("error: mean squared difference, values from 0 to 1; sampler %s%n", sampler);
    console.out.println("  " + file);
    return 0;
  }
}
