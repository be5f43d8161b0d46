package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeRange;
import io.jiffusion.tensor.Precision;
import java.util.Arrays;
import java.util.List;

/**
 * A network's raw output for given inputs: what one compares with the program that a checkpoint is
 * from.
 */
public final class Predict {
  private Predict() {}

  /**
   * What else a network takes; null for what it does not.
   *
   * @param classes one for each image, or one for all
   * @param context [N, L, D]
   * @param image [N, C, H, W], beside each image
   * @param augment [N, A]
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Inputs(int[] classes, Values context, Values image, Values augment) {
    /** Nothing. */
    public static final Inputs NONE = new Inputs(null, null, null, null);

    private Conditions of(int images, int nullClass) {
      int[] all = classes;
      if (classes == null && context == null && nullClass >= 0) {
        all = new int[images];
        Arrays.fill(all, nullClass);
      } else if (classes != null && classes.length != images) {
        Check.that(
            classes.length == 1,
            "class",
            classes.length + " classes",
            "must be 1 or " + images + ", one for each image");
        all = new int[images];
        Arrays.fill(all, classes[0]);
      }
      return new Conditions(all, floats(context), floats(image), floats(augment));
    }

    private static float[] floats(Values values) {
      return values == null ? null : values.values();
    }
  }

  /** Evaluates a network in fp32. */
  public static Values of(StoredModel model, Values x, float[] times, Inputs given) {
    return of(model, x, times, given, "fp32");
  }

  /**
   * Evaluates a network.
   *
   * @param x inputs, [N, C, H, W]
   * @param times a label for each image as the original program gives it to the network, or one for
   *     all
   * @param given what else the network takes
   * @param precision fp32, bf16, or auto: bf16 where this machine computes it faster
   * @return [N, C', H', W']
   * @throws IllegalArgumentException if these do not fit the network
   */
  public static Values of(
      StoredModel model, Values x, float[] times, Inputs given, String precision) {
    long[] shape = x.shape();
    RunConfig config = sized(model.run().config(), shape);
    Network network = config.network().network();
    Shape input = network.input();
    Check.that(
        shape.length == 4 && new Shape(Arrays.copyOfRange(shape, 1, 4)).equals(input),
        "x",
        "array of " + Arrays.toString(shape),
        "must be N images of " + input);
    int images = (int) shape[0];
    Check.that(
        times.length == 1 || times.length == images,
        "t",
        times.length + " times",
        "must be 1 or " + images + ", one for each image");
    Check.that(
        given.context == null
            || network.contextWidth() == 0
            || given.context.shape().length == 3
                && given.context.shape()[0] == images
                && given.context.shape()[2] == network.contextWidth(),
        "context",
        given.context == null ? "" : "array of " + Arrays.toString(given.context.shape()),
        "must be " + images + " sequences of elements of " + network.contextWidth());
    float[] labels = times.length == images ? times : filled(times[0], images);
    try (Execution execution = Executions.load(model, network, options(images, precision))) {
      float[] output =
          execution.evaluate(x.values(), images, labels, given.of(images, config.nullClass()));
      long[] one = Shapes.of(network, 1).output().sizes().clone();
      one[0] = images;
      return new Values(output, one);
    }
  }

  /** The image that a model sees in noisy ones, in fp32. */
  public static Values denoised(StoredModel model, Values x, float[] sigmas, Inputs given) {
    return denoised(model, x, sigmas, given, "fp32");
  }

  /**
   * The image that a model sees in noisy ones, {@code D(x; sigma)} of EDM, whatever the process
   * that it was trained on.
   *
   * @param x images plus sigma times noise, [N, C, H, W]
   * @param sigmas a noise level for each image, or one for all
   * @param given classes at most
   * @param precision fp32, bf16, or auto: bf16 where this machine computes it faster
   * @return [N, C, H, W]
   * @throws JiffusionException if the model has no process
   * @throws IllegalArgumentException if these do not fit the network
   */
  public static Values denoised(
      StoredModel model, Values x, float[] sigmas, Inputs given, String precision) {
    RunConfig config = model.run().config();
    if (config.process() == null) {
      throw new JiffusionException(
          model.path() + " tells no process, so only its raw output is known");
    }
    Check.that(
        given.context == null && given.image == null && given.augment == null,
        "denoised",
        "with more than a class",
        "must be left out");
    int images = (int) x.shape()[0];
    Check.that(
        sigmas.length == 1 || sigmas.length == images,
        "t",
        sigmas.length + " noise levels",
        "must be 1 or " + images + ", one for each image");
    NoiseSchedule schedule = config.process().noiseSchedule();
    int[] size = Arrays.stream(x.shape()).mapToInt(Math::toIntExact).toArray();
    double[] times = new double[images];
    double[] xt = new double[x.values().length];
    int count = xt.length / images;
    for (int i = 0; i < images; i++) {
      double sigma = sigmas[sigmas.length == 1 ? 0 : i];
      times[i] = time(config.process(), schedule, sigma);
      for (int j = i * count; j < (i + 1) * count; j++) {
        xt[j] = schedule.alpha(times[i]) * x.values()[j];
      }
    }
    Batch noisy = new Batch(images, size[1], size[2], size[3], xt);
    try (Execution execution =
        Executions.load(model, config.network().network(), options(images, precision))) {
      int[] classes = given.of(images, config.nullClass()).classes();
      double[] x0 = config.process().denoiser(execution).at(noisy, times, classes).x0().data();
      return new Values(SampleRequest.floats(x0), x.shape());
    }
  }

  /** The time that has a noise level; EDM's networks take any level. */
  private static double time(ProcessConfig process, NoiseSchedule schedule, double sigma) {
    double least = schedule.noiseLevel(0);
    double most = schedule.noiseLevel(1);
    boolean any = process.schedule() == ScheduleType.EDM;
    Check.that(
        sigma > 0
            && sigma >= least * (1 - TimeRange.ROUNDING)
            && (any || sigma <= most * (1 + TimeRange.ROUNDING)),
        "t",
        sigma,
        any
            ? "must be a noise level above 0"
            : "must be a noise level sigma/alpha from " + least + " to " + most);
    return any ? sigma / process.sigmaMax() : schedule.timeOf(-Math.log(sigma));
  }

  private static ModelOptions options(int images, String precision) {
    return new ModelOptions(Precision.of(precision).toString(), 0, Math.min(images, 8));
  }

  /** For images of another size than the checkpoint names, where the network does not mind. */
  private static RunConfig sized(RunConfig config, long[] shape) {
    UnetConfig unet = config.network().unet();
    boolean other =
        shape.length == 4
            && unet != null
            && unet.levels() != null
            && (shape[2] != unet.height() || shape[3] != unet.width());
    return other
        ? config.with(List.of("network.unet.height=" + shape[2], "network.unet.width=" + shape[3]))
        : config;
  }

  private static float[] filled(float value, int count) {
    float[] all = new float[count];
    Arrays.fill(all, value);
    return all;
  }
}
