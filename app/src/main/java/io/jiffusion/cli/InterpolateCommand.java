package io.jiffusion.cli;

import io.jiffusion.data.Gif;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "interpolate",
    description =
        "Images between two others, along the great circle between the noises that they are made from: of two seeds, or of"
            + " two given pictures.")
final class InterpolateCommand implements Callable<Integer> {
  private static final int FRAME_MILLIS = 100;
  private static final int LAST_FRAME_MILLIS = 700;

  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Option(
      names = "--from",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of the first image.")
  long from;

  @Option(
      names = "--to",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of the last image.")
  long to;

  @Option(
      names = "--images",
      paramLabel = "FILE",
      arity = "2",
      showDefaultValue = Visibility.NEVER,
      description = "In place of the seeds: two pictures, which are encoded as noise.")
  List<Path> files = List.of();

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "8",
      description = "Number of images, with both ends.")
  int count;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      defaultValue = "ddim",
      completionCandidates = RequestOptions.Candidates.class,
      description = "A deterministic sampler with its options; jiffusion samplers lists them.")
  String sampler;

  @Option(
      names = "--evaluations",
      paramLabel = "N",
      defaultValue = "50",
      description = "Evaluations of an image, at most; as many again to encode a picture.")
  int evaluations;

  @Option(
      names = {"-c", "--class"},
      paramLabel = "C",
      description = "Class of all images. Default: none.")
  Integer label;

  @Option(
      names = "--guidance",
      paramLabel = "G",
      defaultValue = "1",
      description = "Classifier-free guidance; 1 is none.")
  double guidance;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "between",
      description = "Folder of the results.")
  Path out;

  @Override
  public Integer call() {
    try (Model model = models.load()) {
      SampleRequest request = request(count);
      if (SamplePlan.of(model.config().process(), request).stochastic()) {
        throw new IllegalArgumentException(
            "illegal sampler: "
                + sampler
                + ", must be deterministic, such as ddim: it adds noise, so that neighbours are not"
                + " alike");
      }
      Images images;
      Output.folder(out);
      try (Bar bar = new Bar(console.err)) {
        float[] ends = ends(model, bar);
        int half = ends.length / 2;
        request =
            request.between(Arrays.copyOf(ends, half), Arrays.copyOfRange(ends, half, ends.length));
        images = model.sample(request, bar, console.cancellation).images();
      }
      write(images);
    }
    return 0;
  }

  private SampleRequest request(int number) {
    return SampleRequest.of(number)
        .sampler(sampler)
        .evaluations(evaluations)
        .classes(label == null ? new int[0] : new int[] {label})
        .guidance(guidance);
  }

  /** The noises of both ends, one behind the other. */
  private float[] ends(Model model, Bar bar) {
    if (!files.isEmpty()) {
      Images pictures = new GivenPictures(model).files(files);
      return model.encode(request(2), pictures.floats(), bar, console.cancellation);
    }
    float[] first = model.noise(request(1).seed(from));
    float[] both = Arrays.copyOf(first, 2 * first.length);
    System.arraycopy(model.noise(request(1).seed(to)), 0, both, first.length, first.length);
    return both;
  }

  private void write(Images images) {
    Path strip = out.resolve("strip.png");
    Path gif = out.resolve("strip.gif");
    Png.write(strip, Grid.of(images, images.count(), List.of()), console.origin(models.model));
    List<BufferedImage> frames =
        Stream.concat(
                IntStream.range(0, images.count()).mapToObj(images::image),
                IntStream.range(1, images.count() - 1)
                    .mapToObj(i -> images.image(images.count() - 1 - i))) // and back
            .toList();
    Gif.write(gif, frames, FRAME_MILLIS, LAST_FRAME_MILLIS);
    console.out.printf(
        Locale.ROOT,
        "%d images from %s to %s%n",
        images.count(),
        files.isEmpty() ? "seed " + from : files.get(0),
        files.isEmpty() ? "seed " + to : files.get(1));
    console.out.println("  " + strip);
    console.out.println("  " + gif);
  }
}
