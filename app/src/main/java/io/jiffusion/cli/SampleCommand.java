package io.jiffusion.cli;

import io.jiffusion.config.Tree;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.ResultFiles;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import io.jiffusion.pipeline.SampleStream;
import io.jiffusion.pipeline.Values;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "sample", description = "Make images.")
final class SampleCommand implements Callable<Integer> {
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

  private static final String USUAL = "samples";

  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Mixin RequestOptions options;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description =
          "Folder of the results. Default: samples, or samples-2 and so on where another request's"
              + " lie.")
  Path out;

  @Option(
      names = "--format",
      paramLabel = "F",
      arity = "1..*",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "png",
      description =
          "${COMPLETION-CANDIDATES}; several with commas. All but png hold the bytes as one array [N, H, W, C], called arr_0 in npz, with the classes as arr_1.")
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
          "Start from this noise, [N, C, H, W] in npy, npz or safetensors, instead of noise drawn from the seed: N images.")
  String noise;

  @Option(
      names = "--draws",
      paramLabel = "FILE",
      description =
          "Add this noise on the way, [draws, N, C, H, W] in the order in which the sampler asks, with --noise.")
  String draws;

  @Option(
      names = "--overwrite",
      description = "Replace what a call of another request left in the folder.")
  boolean overwrite;

  @Option(
      names = "--resume",
      description =
          "With --format npz or npy: go on with what an earlier call of the same request left in the folder.")
  boolean resume;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description =
          "With --format npz or npy: make the I-th of N parts of the images, such as 2/4; so several machines share the work.")
  String shard;

  @Option(
      names = "--dry-run",
      description = "Show what would be made, by how many evaluations and where, and end there.")
  boolean dryRun;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    boolean streams = streams();
    // a wrong word is told before a model is loaded
    options.words();
    SampleStream.Shard part =
        shard == null ? SampleStream.Shard.ALL : SampleStream.Shard.parse(shard);
    try (Model model = models.load()) {
      Values start = noise == null ? null : ArrayFiles.values(noise);
      if (start != null) {
        options.countOf(noise, start, model);
      }
      SampleRequest request =
          options
              .request(model.config())
              .floats(floats || model.config().isToy())
              .trajectory(trajectory);
      if (noise != null) {
        request = request.noise(start.values());
      }
      if (draws != null) {
        request = request.draws(drawsOf(request.count()));
      }
      checkPictures(model);
      if (resume && overwrite) {
        throw new IllegalArgumentException(
            "illegal --overwrite with --resume, must be one of them: to go on, or to begin again");
      }
      if (dryRun) {
        plan(model, request);
        return 0;
      }
      String note = options.note(model.config());
      if (!note.isEmpty()) {
        console.err.println(note);
      }
      if (streams) {
        stream(model, request, part);
        return 0;
      }
      files(model, request);
    }
    return 0;
  }

  private void plan(Model model, SampleRequest request) {
    SamplePlan plan = SamplePlan.of(model.config().process(), request);
    console.out.printf(
        Locale.ROOT,
        "%d images of %dx%d, %d channels, by %s (%s spacing) in %d steps%n",
        request.count(),
        model.width(),
        model.height(),
        model.channels(),
        request.sampler(),
        plan.spacing(),
        plan.rows().size());
    console.out.println(
        plan.evaluations() == 0
            ? "evaluations: as many as the tolerance asks for"
            : String.format(
                Locale.ROOT,
                "evaluations: %d an image, %,d passes through the network in all",
                plan.evaluations(),
                (long) plan.passes() * request.count()));
    console.out.printf(
        "results: %s in %s%n",
        formats.stream().map(Format::name).collect(Collectors.joining(", ")),
        out == null ? USUAL : out);
  }

  private void files(Model model, SampleRequest request) {
    model.check(request);
    ResultFiles results = new ResultFiles(provenance(model), request, formats.contains(Format.png));
    Path folder = Output.folder(results, out, USUAL, overwrite);
    try (SampleFiles files = new SampleFiles(folder, results, formats, pictures)) {
      SampleResult result = sample(model, request, files);
      report(console, json, model, files.write(result, floats));
    }
  }

  private float[] drawsOf(int images) {
    Values given = ArrayFiles.values(draws);
    if (given.shape().length < 2 || given.shape()[1] != images) {
      throw new IllegalArgumentException(
          "illegal --draws "
              + draws
              + ": "
              + Arrays.toString(given.shape())
              + ", must be [draws, "
              + images
              + ", C, H, W], as the noise to start from");
    }
    return given.values();
  }

  private Provenance provenance(Model model) {
    return models.provenance(model).noise(noise == null ? "" : noise);
  }

  private SampleResult sample(Model model, SampleRequest request, SampleFiles files) {
    try (Bar bar = new Bar(console.err)) {
      return model.sample(request, files.with(bar), console.cancellation);
    } catch (CancellationException e) {
      boolean kept = files.finished() > 0;
      console.err.println(
          kept
              ? files.finished()
                  + " of "
                  + request.count()
                  + " images are kept in "
                  + files.folder()
              : "no image was finished; with a smaller --batch the first come sooner");
      throw e;
    }
  }

  /** Whether the images go into one file of bytes as they are made. */
  private boolean streams() {
    boolean streams =
        (formats.equals(List.of(Format.npz)) || formats.equals(List.of(Format.npy)))
            && !floats
            && !trajectory
            && noise == null
            && draws == null;
    if (!streams && (resume || shard != null)) {
      throw new IllegalArgumentException(
          "illegal "
              + (resume ? "--resume" : "--shard")
              + ", must go with --format npz or npy and without --float, --trajectory, --noise");
    }
    return streams;
  }

  private void stream(Model model, SampleRequest request, SampleStream.Shard part) {
    model.check(request.only(0));
    Path folder = Output.folder(out == null ? Path.of(USUAL) : out);
    SampleStream stream =
        new SampleStream(model, request, provenance(model), folder, formats.get(0).name(), part);
    SampleStream.Made made;
    try (Bar bar = new Bar(console.err)) {
      made = stream.run(resume, overwrite, bar, console.err::println, console.cancellation);
    }
    if (made.images() > 0 || json) {
      report(console, json, model, made);
    }
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

  static void report(Console console, boolean json, Model model, SampleStream.Made made) {
    if (json) {
      Report report =
          new Report(
              made.images(),
              model.precision(),
              made.evaluations(),
              made.passes(),
              Math.round(1e3 * made.seconds()) / 1e3,
              made.files().stream().map(Path::toString).toList());
      console.out.println(Tree.of(report).toJson());
      return;
    }
    long evaluations = made.evaluations() * made.images();
    console.out.printf(
        Locale.ROOT,
        "%d images of %d evaluations%s in %.2f s, %.1f evaluations/s in %s%n",
        made.images(),
        made.evaluations(),
        made.passes() > evaluations
            ? " (" + made.passes() / made.images() + " passes through the network)"
            : "",
        made.seconds(),
        evaluations / made.seconds(),
        model.precision());
    made.files().forEach(file -> console.out.println("  " + file));
  }

  private record Report(
      int images,
      String precision,
      long evaluations,
      long passes,
      double seconds,
      List<String> files) {}
}
