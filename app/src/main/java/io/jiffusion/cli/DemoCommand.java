package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "demo",
    description =
        "See the whole story at a glance: the same noise made into digits by DDIM in 10, 20 and 50"
            + " evaluations and by DDPM in 1000.")
final class DemoCommand implements Callable<Integer> {
  private static final int COUNT = 16;

  private record Row(String name, String sampler, int steps) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("DDIM", "ddim", 10),
          new Row("DDIM", "ddim", 20),
          new Row("DDIM", "ddim", 50),
          new Row("DDPM", "ddpm", 1000));

  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Folder of the sheet.")
  Path out;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first digit's noise.")
  long seed;

  @Override
  public Integer call() {
    Path file = Output.folder(out).resolve("sheet.png");
    try (Model model = models.load()) {
      int classes = model.config().classes();
      SampleRequest noise = SampleRequest.of(COUNT).seed(seed);
      SampleRequest request =
          classes == 0
              ? noise
              : noise.classes(
                  IntStream.range(0, COUNT).map(i -> i % Math.min(10, classes)).toArray());
      Sheet sheet = new Sheet();
      console.out.printf(
          Locale.ROOT,
          "%d images from the same noise%n%n%-8s %11s %9s %14s%n",
          COUNT,
          "sampler",
          "evaluations",
          "seconds",
          "evaluations/s");
      for (Row row : ROWS) {
        int steps = Math.min(row.steps, model.config().process().steps());
        SampleResult result;
        try (Bar bar = new Bar(console.err)) {
          result =
              model.sample(request.sampler(row.sampler).steps(steps), bar, console.cancellation);
        }
        sheet.add(
            result.images(),
            row.name + ", " + result.evaluations() + " evaluations",
            String.format(Locale.ROOT, "%.1f seconds", result.seconds()));
        Png.write(file, sheet.picture(), console.origin(models.model));
        console.out.printf(
            Locale.ROOT,
            "%-8s %11d %9.1f %14.1f%n",
            row.name,
            result.evaluations(),
            result.seconds(),
            COUNT * result.evaluations() / result.seconds());
        console.out.flush();
      }
      console.out.printf(
          Locale.ROOT,
          "%nThe pictures are in %s. Next, sixteen threes:%n%n  %s sample%s --class 3 --guidance 2 --out samples%n",
          file,
          Console.NAME,
          models.model.equals(Home.BUNDLED) ? "" : " --model " + models.model);
    }
    return 0;
  }
}
