package io.jiffusion.cli;

import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.Metrics;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.SampleRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * Pictures of a run in progress: the loss curve, and images by a fast sampler, always from the same
 * noise.
 */
final class RunPictures {
  private static final int COUNT = 40;
  private static final int POINTS = 400;
  private static final int STEPS = 20;

  private final Console console;
  private final Path folder;
  private final RunConfig config;
  private final List<Double> losses = new ArrayList<>();
  private long last;

  RunPictures(Console console, Path folder, RunConfig config) {
    this.console = console;
    this.folder = folder;
    this.config = config;
  }

  /** Makes the pictures of the weights that are in the folder now, if it is time for them. */
  void make(long step) {
    try {
      loss();
      int every = config.train().previewEvery();
      if (every > 0 && step / every > last / every) {
        last = step;
        preview(step);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (CancellationException e) {
      // Who stops a training does not wait for its pictures.
    }
  }

  private void preview(long step) throws IOException {
    try (Model model = Model.load(folder)) {
      int classes = config.classes();
      boolean toy = config.isToy();
      SampleRequest request =
          SampleRequest.of(toy ? 1000 : COUNT)
              .steps(Math.min(STEPS, config.process().steps()))
              .floats(toy);
      if (classes > 0) {
        request = request.classes(IntStream.range(0, Math.min(classes, COUNT)).toArray());
      }
      Images images = model.sample(request, progress -> {}, console.cancellation).images();
      Path file =
          Files.createDirectories(folder.resolve("previews"))
              .resolve(String.format(Locale.ROOT, "step-%07d.png", step));
      Png.write(
          file,
          toy
              ? Plots.row(List.of(new Plots.Panel("step " + step, images.values())))
              : Grid.of(images, 10, labels(request)),
          Provenance.of(folder.toString(), model).texts(request));
    }
  }

  /** The class of each image. */
  private static List<String> labels(SampleRequest request) {
    return request.classes().isEmpty()
        ? List.of()
        : IntStream.range(0, request.count()).mapToObj(i -> "" + request.label(i)).toList();
  }

  private void loss() {
    Metrics.read(folder, losses.size()).forEach(line -> losses.add((double) line.loss()));
    int points = Math.min(POINTS, losses.size());
    double[] steps = new double[points];
    double[] means = new double[points];
    for (int i = 0; i < points; i++) {
      int from = (int) ((long) i * losses.size() / points);
      int to = (int) ((long) (i + 1) * losses.size() / points);
      steps[i] = to;
      means[i] =
          losses.subList(from, to).stream()
              .mapToDouble(Double::doubleValue)
              .average()
              .orElseThrow();
    }
    if (points > 1) {
      Png.write(
          folder.resolve("loss.png"),
          Plots.loss(steps, means, averages(means)),
          console.origin(folder.toString()));
    }
  }

  /** The mean of each point and those around it, a twentieth of them all. */
  private static double[] averages(double[] losses) {
    int reach = losses.length / 40 + 1;
    double[] averages = new double[losses.length];
    for (int i = 0; i < losses.length; i++) {
      int from = Math.max(0, i - reach);
      int to = Math.min(losses.length, i + reach + 1);
      averages[i] = Arrays.stream(losses, from, to).average().orElseThrow();
    }
    return averages;
  }
}
