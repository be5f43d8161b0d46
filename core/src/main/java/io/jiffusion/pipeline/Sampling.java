package io.jiffusion.pipeline;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.network.Execution;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.random.Purpose;
import io.jiffusion.sampler.Inversion;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Walk;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Carries out requests on an execution, one after the other, on the calling thread. */
final class Sampling {
  private static final int BATCH = 64;

  /** Blocks that each thread has of a batch: few would have threads wait for each other. */
  private static final int ROUNDS = 4;

  private final RunConfig config;
  private final Execution execution;
  private final GuideModels guides;
  private final Function<SampleRequest, Sampler> samplers;

  /**
   * For requests of a model.
   *
   * @param samplers the sampler of a request
   */
  Sampling(
      RunConfig config,
      Execution execution,
      GuideModels guides,
      Function<SampleRequest, Sampler> samplers) {
    this.config = config;
    this.execution = execution;
    this.guides = guides;
    this.samplers = samplers;
  }

  /**
   * Carries out a request.
   *
   * @param listener hears of predictions and of what is made; of progress {@code progress} hears
   * @throws IllegalArgumentException if the request does not fit the model
   */
  SampleResult run(
      SampleRequest asked,
      Consumer<Progress> progress,
      Cancellation cancellation,
      SampleListener listener) {
    SampleRequest request = Defaults.fill(asked, config.process());
    ResolvedRequest route = route(request);
    Edit edit = route.edit();
    NoiseSchedule schedule = config.process().noiseSchedule();
    int steps = route.arrivals();
    List<double[]> frames = frames(request, steps);
    Way way =
        (walk, part, at) -> {
          Batch pictures = pictures(part, edit);
          Noise known = Noise.keyed(Purpose.KNOWN, seeds(part));
          Noise again = Noise.keyed(Purpose.RENOISE, seeds(part));
          Batch start = start(part, route.grid());
          see(frames, steps, -1, start, at);
          int first = at / imageSize();
          LastPrediction denoiser = new LastPrediction(walk.denoiser());
          Walk.Watch watch =
              (k, t, x) -> {
                see(frames, steps, k, x, at);
                listener.predicted(
                    first, k, () -> images(part.count(), denoiser.x0().data(), false));
              };
          Batch end =
              edit.around(route.sampler(), pictures, again)
                  .sample(
                      walk.denoiser(denoiser)
                          .constraint(edit.constraint(pictures, mask(part), schedule, known))
                          .watch(watch),
                      start);
          mustBeImages(end, start, route.sampler());
          listener.made(first, images(part.count(), end.data(), false));
          return end;
        };
    Made all =
        each(request, route.grid(), route.evaluations().orElse(0), way, progress, cancellation);
    return new SampleResult(
        images(request.count(), all.values, request.floats()),
        frames.stream().map(frame -> images(request.count(), frame, true)).toList(),
        all.evaluations,
        all.passes,
        all.seconds);
  }

  /** What a sampler returned, which may be anybody's, is as many images of numbers. */
  private static void mustBeImages(Batch end, Batch start, Sampler sampler) {
    boolean fits =
        end != null
            && end.images() == start.images()
            && end.channels() == start.channels()
            && end.height() == start.height()
            && end.width() == start.width();
    if (!fits) {
      throw new IllegalStateException(
          "illegal result of the sampler "
              + sampler
              + ": "
              + (end == null ? "null" : shape(end))
              + ", must be "
              + shape(start)
              + ", as the state that it began with");
    }
    int image = end.firstNotFinite();
    if (image >= 0) {
      throw new JiffusionException(
          "illegal result of the sampler "
              + sampler
              + ": image "
              + image
              + " is not finite, must be numbers");
    }
  }

  private static String shape(Batch x) {
    return "[" + x.images() + ", " + x.channels() + ", " + x.height() + ", " + x.width() + "]";
  }

  /**
   * The sampler and the times of a request.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  private ResolvedRequest route(SampleRequest request) {
    check(request);
    ResolvedRequest route = ResolvedRequest.of(config.process(), request, samplers.apply(request));
    check(request, route.edit());
    return route;
  }

  /**
   * Refuses what cannot be carried out, its guides and thresholds too.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  void refuse(SampleRequest asked) {
    SampleRequest request = Defaults.fill(asked, config.process());
    route(request);
    denoiser(request.part(0, 1));
  }

  /**
   * The denoiser of the images of a request.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  Denoiser denoiser(SampleRequest asked) {
    SampleRequest request = Defaults.fill(asked, config.process());
    check(request);
    return new Denoisers(config, execution, guides).of(request);
  }

  /**
   * The noise from which images would be sampled.
   *
   * @param images [count, C, H, W] in [−1, 1]
   * @return [count, C, H, W], as a request takes it
   * @throws IllegalArgumentException if the request does not fit the model, or adds noise
   */
  float[] encode(
      SampleRequest asked, float[] images, Consumer<Progress> progress, Cancellation cancellation) {
    SampleRequest request = Defaults.fill(asked, config.process());
    check(request);
    checkSize("images", images, request.count());
    float[] states = inOwnRange(images);
    ResolvedRequest route = ResolvedRequest.of(config.process(), request, samplers.apply(request));
    Check.that(
        route.edit().none(), "edit", request.edit(), "must be none where images are encoded");
    Check.that(
        !route.sampler().stochastic(),
        "sampler",
        request.sampler(),
        "must be deterministic to encode images, such as ddim: it adds noise");
    double scale = 1 / config.process().startStd(route.grid());
    TimeGrid up = Inversion.noisy(route.grid()).reversed();
    Way way =
        (walk, part, at) ->
            Inversion.encode(route.sampler(), walk, batch(part.count(), states, at, imageSize()))
                .times(scale);
    int evaluations = route.sampler().evaluations(up).orElse(0);
    return SampleRequest.floats(
        each(request, route.grid(), evaluations, way, progress, cancellation).values);
  }

  /** The noise from which a request starts, [count, C, H, W]. */
  float[] noise(SampleRequest request) {
    check(request);
    return request.noise() != null
        ? request.noise()
        : SampleRequest.floats(Noise.start(seeds(request), channels(), height(), width()).data());
  }

  /** What is known of the pictures of a request, the rest of them grey. */
  Images known(SampleRequest request) {
    Edit edit = request.edit();
    check(request, edit);
    Check.that(!edit.none(), "edit", request.edit(), "must be another to know of pictures");
    return images(
        request.count(), edit.known(pictures(request, edit), mask(request)).data(), false);
  }

  /** What is done with a batch, whose images begin at a value of the whole. */
  @FunctionalInterface
  private interface Way {
    Batch go(Walk walk, SampleRequest part, int at);
  }

  /** The values of all images, evaluations of each, passes of all. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Made(double[] values, long evaluations, long passes, double seconds) {}

  /** Goes one way with all images of a request, batch after batch. */
  private Made each(
      SampleRequest request,
      TimeGrid grid,
      int evaluations,
      Way way,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    double[] values = new double[request.count() * imageSize()];
    int batch = batch(request);
    long total = (long) request.count() * evaluations;
    long began = System.nanoTime();
    long passes = 0;
    long before = 0;
    for (int first = 0; first < request.count(); first += batch) {
      SampleRequest part = request.part(first, Math.min(batch, request.count() - first));
      Denoisers network = new Denoisers(config, execution, guides);
      long done = before;
      Walk walk =
          new Walk(
                  network.of(part),
                  config.process().noiseSchedule(),
                  grid,
                  part.draws() == null
                      ? Noise.keyed(seeds(part))
                      : Noise.given(part.draws(), part.count(), imageSize()))
              .progress(
                  step ->
                      progress.accept(
                          new Progress(
                              "evaluations",
                              done + network.evaluations() * part.count(),
                              total,
                              (System.nanoTime() - began) * 1e-9,
                              "")))
              .cancellation(cancellation);
      int at = first * imageSize();
      copy(way.go(walk, part, at), values, at);
      passes += network.passes();
      before += network.evaluations() * part.count();
    }
    return new Made(values, before / request.count(), passes, (System.nanoTime() - began) * 1e-9);
  }

  /** The states from which the images are made, [count, C, H, W]. */
  private Batch start(SampleRequest part, TimeGrid grid) {
    Batch noise =
        part.noise() == null
            ? Noise.start(seeds(part), channels(), height(), width())
            : batch(part.count(), part.noise(), 0, imageSize());
    return noise.times(config.process().startStd(grid));
  }

  /** The pictures to edit, small ones with every pixel repeated; null if there are none. */
  private Batch pictures(SampleRequest part, Edit edit) {
    if (edit.none()) {
      return null;
    }
    float[] given = inOwnRange(part.images());
    if (given.length == part.count() * imageSize()) {
      return batch(part.count(), given, 0, imageSize());
    }
    int side = edit.factor();
    double[] data = new double[part.count() * imageSize()];
    for (int i = 0; i < data.length; i++) {
      int row = i / width() / side; // of all planes, whose height the factor divides
      data[i] = given[row * (width() / side) + i % width() / side];
    }
    return new Batch(part.count(), channels(), height(), width(), data);
  }

  private Batch mask(SampleRequest request) {
    float[] mask = request.mask();
    return mask == null ? null : new Batch(1, 1, height(), width(), doubles(mask, 0, mask.length));
  }

  private Batch batch(int images, float[] from, int at, int size) {
    return new Batch(images, channels(), height(), width(), doubles(from, at, images * size));
  }

  private static double[] doubles(float[] from, int at, int count) {
    double[] doubles = new double[count];
    Arrays.setAll(doubles, i -> from[at + i]);
    return doubles;
  }

  private int channels() {
    return (int) execution.input().size(0);
  }

  private int height() {
    return (int) execution.input().size(1);
  }

  private int width() {
    return (int) execution.input().size(2);
  }

  private static long[] seeds(SampleRequest request) {
    return LongStream.range(0, request.count()).map(i -> request.seed() + i).toArray();
  }

  private void check(SampleRequest request) {
    Capacity.check(request.count(), imageSize(), bytes(request), execution.input().toString());
    int classes = config.classes();
    for (int label : request.classes()) {
      Check.that(classes > 0, "classes", label, "must be none, because this model has no classes");
      Check.that(
          label < classes,
          "classes",
          label,
          "must be from 0 to " + (classes - 1) + " for this model");
    }
    Check.that(
        classes == 0 || !request.classes().isEmpty() || config.nullClass() >= 0,
        "classes",
        "none",
        "must be given, because " + withoutNullClass());
    Check.that(
        request.guidance() == 1 || config.nullClass() >= 0 || !request.guide().isFree(),
        "guidance",
        request.guidance(),
        "must be 1 (none), because " + withoutNullClass());
    if (request.noise() != null) {
      checkSize("noise", request.noise(), request.count());
    }
  }

  /** What is kept of a value: its state, its byte, what the result shows besides. */
  private static long bytes(SampleRequest request) {
    long state = 2 * Double.BYTES + 1 + (request.floats() ? Float.BYTES : 0);
    long frame = Double.BYTES + 1 + Float.BYTES;
    return state + (request.trajectory() ? SampleResult.FRAMES * frame : 0);
  }

  /** Why there is no guidance by the model without a class, and what helps. */
  private String withoutNullClass() {
    return config.train() != null || config.network().classes() == 0
        ? "this model was trained without label dropout"
        : "this model does not say which of its classes, 0 to "
            + (config.network().classes() - 1)
            + ", stands for no class; if it was trained with one, name it by --null-class";
  }

  private void checkSize(String name, float[] given, int count) {
    long values = (long) count * imageSize();
    Check.that(
        given.length == values,
        name,
        given.length + " values",
        "must be " + values + ": " + count + " images of " + execution.input());
  }

  /** An edit has the pictures that it needs, and the mask. */
  private void check(SampleRequest request, Edit edit) {
    float[] pictures = request.images();
    float[] mask = request.mask();
    Check.that(
        edit.none() == (pictures == null),
        "edit",
        request.edit(),
        edit.none()
            ? "must say what to make of the picture: one of "
                + String.join(", ", Edit.NAMES.subList(1, Edit.NAMES.size()))
            : "must come with a picture; give one");
    Check.that(
        edit.masked() == (mask != null),
        "edit",
        request.edit(),
        edit.masked()
            ? "must have a mask of the known pixels; give one"
            : "must be inpaint or repaint to have a mask; leave the mask out");
    Check.that(
        mask == null || mask.length == height() * width(),
        "mask",
        mask == null ? 0 : mask.length + " values",
        "must be " + height() + "x" + width() + " as the model's images");
    Check.that(
        height() % edit.factor() == 0 && width() % edit.factor() == 0,
        "factor",
        edit.factor(),
        "must divide the images' height " + height() + " and width " + width());
    int small = edit.factor() * edit.factor();
    if (pictures != null && pictures.length * small != request.count() * imageSize()) {
      checkSize("images", pictures, request.count());
    }
  }

  /** Whether the process knows images in [0, 1]; outside of it they are in [−1, 1]. */
  private boolean unsigned() {
    return config.process().known().unsigned();
  }

  private int imageSize() {
    return Math.toIntExact(execution.input().count());
  }

  /**
   * Whole blocks, so that only the last one of a request is padded. No more than keep all threads
   * at work, so that the first images are finished, and kept, long before the last are begun.
   */
  private int batch(SampleRequest request) {
    long busy = (long) ROUNDS * execution.block() * Runtime.getRuntime().availableProcessors();
    int most = request.batch() > 0 ? request.batch() : (int) Math.min(BATCH, busy);
    int wanted = Math.min(most, request.count());
    return (wanted + execution.block() - 1) / execution.block() * execution.block();
  }

  private List<double[]> frames(SampleRequest request, int steps) {
    List<double[]> frames = new ArrayList<>();
    for (int i = 0; request.trajectory() && i < Math.min(steps + 1, SampleResult.FRAMES); i++) {
      frames.add(new double[request.count() * imageSize()]);
    }
    return frames;
  }

  /** Keeps the state after step k, −1 for the start, if it is one of those to be kept. */
  private static void see(List<double[]> frames, int steps, int k, Batch x, int at) {
    for (int i = 0; i < frames.size(); i++) {
      if (Math.round((double) i * steps / (frames.size() - 1)) == k + 1) {
        copy(x, frames.get(i), at);
      }
    }
  }

  private static void copy(Batch x, double[] to, int at) {
    System.arraycopy(x.data(), 0, to, at, x.data().length);
  }

  /** Values in [−1, 1] as the process knows them. */
  private float[] inOwnRange(float[] signed) {
    float[] own = signed.clone();
    for (int i = 0; i < own.length && unsigned(); i++) {
      own[i] = (own[i] + 1) / 2;
    }
    return own;
  }

  private Images images(int count, double[] state, boolean floats) {
    double[] pixels = unsigned() ? state.clone() : state;
    for (int i = 0; i < pixels.length && unsigned(); i++) {
      pixels[i] = 2 * pixels[i] - 1;
    }
    return Images.of(count, channels(), height(), width(), pixels, floats);
  }
}
