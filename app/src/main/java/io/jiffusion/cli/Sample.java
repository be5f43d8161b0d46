package io.jiffusion.cli;

import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "sample", description = "Make images.")
final class Sample implements Callable<Integer> {
  enum Format {
    png,
    npz,
    npy,
    safetensors
  }

  enum Pictures {
    single,
    grid,
    both
  }

  @ParentCommand Main main;

  @Mixin ModelOptions models;

  @Mixin RequestOptions options;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "samples",
      description = "Folder of the results.")
  Path out;

  @Option(
      names = "--format",
      paramLabel = "F",
      split = ",",
      defaultValue = "png",
      description =
          "${COMPLETION-CANDIDATES}; several with commas. All but png hold the bytes as one array [N, H, W, C], called arr_0 in npz.")
  List<Format> formats;

  @Option(
      names = "--float",
      description = "Write the values in [-1, 1] too, as floats [N, C, H, W].")
  boolean floats;

  @Option(
      names = "--pictures",
      paramLabel = "P",
      defaultValue = "both",
      description = "Which PNG files are written: ${COMPLETION-CANDIDATES}.")
  Pictures pictures;

  @Option(
      names = "--trajectory",
      description = "Write the way from noise to images as a strip and as an animated GIF.")
  boolean trajectory;

  @Option(
      names = "--noise",
      paramLabel = "FILE",
      description =
          "Start from this noise, [N, C, H, W] in npy, npz or safetensors, instead of noise drawn from the seed.")
  String noise;

  @Option(
      names = "--draws",
      paramLabel = "FILE",
      description =
          "Add this noise on the way, [draws, N, C, H, W] in the order in which the sampler asks, with --noise.")
  String draws;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    try (Model model = models.load()) {
      SampleRequest request =
          options
              .request(model.config().process())
              .floats(floats || model.config().isToy())
              .trajectory(trajectory);
      if (noise != null) {
        request = request.noise(ArrayFiles.values(noise).values());
      }
      if (draws != null) {
        request = request.draws(ArrayFiles.values(draws).values());
      }
      checkPictures(model);
      Output.folder(out);
      SampleResult result;
      try (Bar bar = new Bar(main.err)) {
        result = model.sample(request, bar, main.cancellation);
      }
      Origin origin = Origin.of(models.model, model, noise == null ? "" : noise);
      List<Path> files =
          new SampleFiles(out, origin, request, result).write(formats, pictures, floats);
      report(main, json, request, result, files);
    }
    return 0;
  }

  /** Latents are no pictures. */
  private void checkPictures(Model model) {
    boolean pictures = formats.contains(Format.png) || trajectory;
    if (pictures && !model.config().isToy() && model.channels() != 1 && model.channels() != 3) {
      throw new IllegalArgumentException(
          "illegal --format png for a model of "
              + model.channels()
              + " channels, whose samples are latents, must be npz or safetensors with --float;"
              + " jiffusion decode makes pictures of their values, with --scaled");
    }
  }

  static void report(
      Main main, boolean json, SampleRequest request, SampleResult result, List<Path> files) {
    double rate = result.evaluations() * request.count() / result.seconds();
    if (json) {
      main.out.printf(
          Locale.ROOT,
          "{\"images\":%d,\"evaluations\":%d,\"passes\":%d,\"seconds\":%.3f,\"files\":[%s]}%n",
          request.count(),
          result.evaluations(),
          result.passes(),
          result.seconds(),
          files.stream()
              .map(
                  file -> "\"" + file.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
              .collect(Collectors.joining(",")));
      return;
    }
    main.out.printf(
        Locale.ROOT,
        "%d images of %d evaluations%s in %.2f s, %.1f evaluations/s%n",
        request.count(),
        result.evaluations(),
        result.passes() > result.evaluations() * request.count()
            ? " (" + result.passes() / request.count() + " passes through the network)"
            : "",
        result.seconds(),
        rate);
    files.forEach(file -> main.out.println("  " + file));
  }
}
