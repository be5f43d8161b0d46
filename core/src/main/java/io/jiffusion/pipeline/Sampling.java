package io.jiffusion.pipeline;

import io.jiffusion.data.Images;
import io.jiffusion.network.Execution;
import io.jiffusion.process.Batch;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.run.Cancellation;
import io.jiffusion.run.Progress;
import io.jiffusion.sampler.Noise;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Walk;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Carries out requests on an execution, one after the other, on the calling thread. */
final class Sampling {
  private static final int BATCH = 64;

  private final RunConfig config;
  private final Execution execution;
  private final Denoisers.Guides guides;
  private final Supplier<OptimalVariance> optimal;

  Sampling(
      RunConfig config,
      Execution execution,
      Denoisers.Guides guides,
      Supplier<OptimalVariance> optimal) {
    this.config = config;
    this.execution = execution;
    this.guides = guides;
    this.optimal = optimal;
  }

  /**
   * Carries out a request.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  SampleResult run(SampleRequest request, Consumer<Progress> progress, Cancellation cancellation) {
    check(request);
    NoiseSchedule schedule = config.process().noiseSchedule();
    Route route = Route.of(config.process(), request, optimal);
    TimeGrid grid = route.grid();
    Sampler sampler = route.sampler();
    int size = imageSize();
    double[] pixels = new double[request.count() * size];
    List<double[]> frames = frames(request, grid, pixels.length);
    int batch = batch(request);
    long total = (long) request.count() * sampler.evaluations(grid).orElse(0);
    long began = System.nanoTime();
    long passes = 0;
    long before = 0;
    for (int first = 0; first < request.count(); first += batch) {
      SampleRequest part = request.part(first, Math.min(batch, request.count() - first));
      Denoisers network = new Denoisers(config, execution, guides);
      int at = first * size;
      long done = before;
      Batch start = start(part, schedule);
      see(frames, grid, -1, start, at);
      Walk walk =
          new Walk(network.of(part), schedule, grid, Noise.keyed(seeds(part)))
              .watch((k, t, x) -> see(frames, grid, k, x, at))
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
      copy(sampler.sample(walk, start), pixels, at);
      passes += network.passes();
      before += network.evaluations() * part.count();
    }
    return new SampleResult(
        images(request.count(), pixels, request.floats()),
        frames.stream().map(frame -> images(request.count(), frame, true)).toList(),
        before / request.count(),
        passes,
        (System.nanoTime() - began) * 1e-9);
  }

  /** The states from which the images are made, [count, C, H, W]. */
  private Batch start(SampleRequest part, NoiseSchedule schedule) {
    int channels = (int) execution.input().size(0);
    int height = (int) execution.input().size(1);
    int width = (int) execution.input().size(2);
    if (part.noise() == null) {
      Batch noise = Noise.start(seeds(part), channels, height, width);
      return Batch.lincomb(schedule.priorStd(), noise, 0, noise);
    }
    double[] data = new double[part.noise().length];
    Arrays.setAll(data, i -> schedule.priorStd() * part.noise()[i]);
    return new Batch(part.count(), channels, height, width, data);
  }

  private static long[] seeds(SampleRequest request) {
    return LongStream.range(0, request.count()).map(i -> request.seed() + i).toArray();
  }

  private void check(SampleRequest request) {
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
        "must be given, because this model was trained without label dropout");
    Check.that(
        request.guidance() == 1
            || config.nullClass() >= 0
            || !request.guide().startsWith(Denoisers.FREE),
        "guidance",
        request.guidance(),
        "must be 1 (none), because this model was trained without label dropout");
    int values = request.count() * imageSize();
    Check.that(
        request.noise() == null || request.noise().length == values,
        "noise",
        request.noise() == null ? 0 : request.noise().length + " values",
        "must be " + values + ": " + request.count() + " images of " + execution.input());
  }

  private int imageSize() {
    return Math.toIntExact(execution.input().count());
  }

  /** Whole blocks, so that only the last one of a request is padded. */
  private int batch(SampleRequest request) {
    int wanted = request.batch() > 0 ? request.batch() : BATCH;
    return (wanted + execution.block() - 1) / execution.block() * execution.block();
  }

  private static List<double[]> frames(SampleRequest request, TimeGrid grid, int values) {
    List<double[]> frames = new ArrayList<>();
    for (int i = 0;
        request.trajectory() && i < Math.min(grid.steps() + 1, SampleResult.FRAMES);
        i++) {
      frames.add(new double[values]);
    }
    return frames;
  }

  /** Keeps the state after step k, −1 for the start, if it is one of those to be kept. */
  private static void see(List<double[]> frames, TimeGrid grid, int k, Batch x, int at) {
    for (int i = 0; i < frames.size(); i++) {
      if (Math.round((double) i * grid.steps() / (frames.size() - 1)) == k + 1) {
        copy(x, frames.get(i), at);
      }
    }
  }

  private static void copy(Batch x, double[] to, int at) {
    System.arraycopy(x.data(), 0, to, at, x.data().length);
  }

  private Images images(int count, double[] pixels, boolean floats) {
    return Images.of(
        count,
        (int) execution.input().size(0),
        (int) execution.input().size(1),
        (int) execution.input().size(2),
        pixels,
        floats);
  }
}
