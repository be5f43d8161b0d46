package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.tensor.Precision;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;

/**
 * Group norm of images, channels last, forward and backward, with a vector added before and SiLU
 * after it: {@code y = silu(weight·x̂ + bias)}, {@code x̂ = (x + v − μ)/√(σ² + ε)}, mean and
 * variance over each group of channels.
 *
 * <p>The sums over pixels are oneDNN's batch norms over one image; a few lines of Java join
 * channels to groups; the rest is one pass forward and three backward, image by image. What is
 * before SiLU is computed again in the backward pass. libtorch's backward pass of a group norm of
 * channels-last bf16 images takes three times as long.
 *
 * <p>For one thread at a time.
 */
final class TrainedNorm {
  private final Dnnl dnnl;
  private final data_type type;
  private final int width; // bytes of a number
  private final int channels;
  private final int pixels;
  private final int groups;
  private final double eps;
  private final int repeats;
  private final Memory source; // of the image at hand, like the others whose place changes
  private final Memory wideSource;
  private final Memory wideResult;
  private final Memory gradient;
  private final Memory wideGradient;
  private final long mean;
  private final long variance;
  private final long factor;
  private final long term;
  private final long scale;
  private final long scaleGradient;
  private final long shiftGradient;
  private final Primitive measure;
  private final Primitive change;
  private final Primitive beforeFunction;
  private final Primitive ofFunction;
  private final Primitive sums;
  private final Primitive join;

  /**
   * What the backward pass needs to know of the forward pass.
   *
   * @param means of each image's channels, without the vector
   * @param middles mean of each image's groups
   * @param inverses 1/√(σ² + ε) of each image's groups
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Moments(float[] means, double[] middles, double[] inverses) {}

  /**
   * Gradients, of each image and channel.
   *
   * @param weight of the weights, as if each image had its own
   * @param bias of the biases likewise
   * @param vector of the added vector
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Gradients(float[] weight, float[] bias, float[] vector) {}

  /**
   * Makes it for images of one size.
   *
   * @param silu whether SiLU follows
   */
  TrainedNorm(
      Dnnl dnnl,
      Precision precision,
      int channels,
      int height,
      int width,
      int groups,
      double eps,
      boolean silu) {
    this.dnnl = dnnl;
    this.type = Dnnl.type(precision);
    this.width = Dnnl.bytes(precision);
    this.channels = channels;
    this.pixels = height * width;
    this.groups = groups;
    this.eps = eps;
    int together = 1;
    while (pixels % (2 * together) == 0 && 2 * together * channels <= 256) {
      together *= 2; // a factor for each of few channels costs twice what one for many does
    }
    repeats = together;
    mean = dnnl.allocate(4L * channels);
    variance = dnnl.allocate(4L * channels);
    scale = dnnl.allocate(4L * channels);
    scaleGradient = dnnl.allocate(4L * channels);
    shiftGradient = dnnl.allocate(4L * channels);
    factor = dnnl.allocate(4L * channels * repeats);
    term = dnnl.allocate(4L * channels * repeats);
    long bytes = Dnnl.rounded((long) this.width * channels * pixels);
    long scratch = dnnl.scratch(2 * bytes);
    long scaled = scratch + bytes;
    desc image = image(channels, pixels);
    desc wide = image((long) channels * repeats, pixels / repeats);
    source = dnnl.at(image, scratch);
    wideSource = dnnl.at(wide, scratch);
    wideResult = dnnl.at(wide, scratch);
    gradient = dnnl.at(image, scratch);
    wideGradient = dnnl.at(wide, scratch);
    Memory vectorMean = vector(mean);
    Memory vectorVariance = vector(variance);

    batch_normalization_forward.primitive_desc moments =
        new batch_normalization_forward.primitive_desc(
            dnnl.engine, prop_kind.forward_training.value, image, image, (float) eps, 0);
    measure =
        dnnl.primitive(
            moments,
            new batch_normalization_forward(moments),
            null,
            new Argument(DNNL_ARG_SRC, source),
            new Argument(DNNL_ARG_DST, dnnl.at(image, scratch)),
            new Argument(DNNL_ARG_MEAN, vectorMean),
            new Argument(DNNL_ARG_VARIANCE, vectorVariance));

    Dnnl.Attributes then = dnnl.attributes().binary(algorithm.binary_add, wideVector(term));
    beforeFunction = timesFactor(dnnl.at(wide, scratch), then);
    if (silu) {
      Dnnl.Attributes function =
          dnnl.attributes()
              .binary(algorithm.binary_add, wideVector(term))
              .function(Operation.Function.SILU, 1, 0);
      change = timesFactor(wideResult, function);
      ofFunction = ofFunction(dnnl.at(wide, scratch));
    } else {
      change = timesFactor(wideResult, then);
      ofFunction = null;
    }
    sums = sums(image, dnnl.at(image, scratch), dnnl.at(image, scaled), vectorMean, vectorVariance);
    join =
        timesFactor(
            wideResult,
            dnnl.attributes()
                .binary(algorithm.binary_add, wideVector(term))
                .binary(algorithm.binary_add, dnnl.at(wide, scaled)));
  }

  private desc image(long wide, long high) {
    return dnnl.desc(type, new long[] {1, wide, high, 1}, new long[] {high * wide, 1, wide, wide});
  }

  private Memory vector(long at) {
    return dnnl.at(dnnl.dense(data_type.f32, channels), at);
  }

  private Memory wideVector(long at) {
    long wide = (long) channels * repeats;
    return dnnl.at(
        dnnl.desc(data_type.f32, new long[] {1, wide, 1, 1}, new long[] {wide, 1, wide, wide}), at);
  }

  /** The source times the factor of each channel, and what follows. */
  private Primitive timesFactor(Memory target, Dnnl.Attributes then) {
    return dnnl.binary(algorithm.binary_mul, wideSource, wideVector(factor), target, then);
  }

  /** The gradient through SiLU, in the place of what is before it. */
  private Primitive ofFunction(Memory before) {
    desc wide = before.desc();
    try (eltwise_forward.primitive_desc hint =
        new eltwise_forward.primitive_desc(
            dnnl.engine, prop_kind.forward_training, algorithm.eltwise_swish, wide, wide, 1, 0)) {
      eltwise_backward.primitive_desc how =
          new eltwise_backward.primitive_desc(
              dnnl.engine, algorithm.eltwise_swish, wide, wide, wide, 1, 0, hint);
      return dnnl.primitive(
          how,
          new eltwise_backward(how),
          null,
          new Argument(DNNL_ARG_SRC, before),
          new Argument(DNNL_ARG_DIFF_DST, wideGradient),
          new Argument(DNNL_ARG_DIFF_SRC, before));
    }
  }

  /** Sums of the gradient, alone and times x̂; and the gradient times scale/√(σ² + ε). */
  private Primitive sums(
      desc image, Memory ofFunction, Memory scaled, Memory vectorMean, Memory vectorVariance) {
    int flags =
        normalization_flags.use_global_stats.value
            | normalization_flags.use_scale.value
            | normalization_flags.use_shift.value;
    try (batch_normalization_forward.primitive_desc hint =
        new batch_normalization_forward.primitive_desc(
            dnnl.engine, prop_kind.forward_training.value, image, image, (float) eps, flags)) {
      batch_normalization_backward.primitive_desc how =
          new batch_normalization_backward.primitive_desc(
              dnnl.engine, prop_kind.backward.value, image, image, image, (float) eps, flags, hint);
      return dnnl.primitive(
          how,
          new batch_normalization_backward(how),
          null,
          new Argument(DNNL_ARG_SRC, source),
          new Argument(DNNL_ARG_MEAN, vectorMean),
          new Argument(DNNL_ARG_VARIANCE, vectorVariance),
          new Argument(DNNL_ARG_DIFF_DST, this.ofFunction == null ? gradient : ofFunction),
          new Argument(DNNL_ARG_SCALE, vector(scale)),
          new Argument(DNNL_ARG_DIFF_SRC, scaled),
          new Argument(DNNL_ARG_DIFF_SCALE, vector(scaleGradient)),
          new Argument(DNNL_ARG_DIFF_SHIFT, vector(shiftGradient)));
    }
  }

  /**
   * The norm of these images.
   *
   * @param x address of the first image, the others behind it
   * @param y address of the results
   * @param weight of each image and channel, {@code images·channels} numbers
   * @param bias likewise
   * @param vector likewise, or null
   */
  Moments forward(long x, long y, int images, float[] weight, float[] bias, float[] vector) {
    Moments moments =
        new Moments(
            new float[images * channels], new double[images * groups], new double[images * groups]);
    int size = channels / groups;
    float[] means = new float[channels];
    float[] variances = new float[channels];
    for (int image = 0; image < images; image++) {
      long from = x + (long) image * width * channels * pixels;
      Dnnl.move(source, from);
      measure.run();
      Dnnl.get(mean, means);
      Dnnl.get(variance, variances);
      System.arraycopy(means, 0, moments.means, image * channels, channels);
      for (int group = 0; group < groups; group++) {
        double middle = 0;
        for (int c = group * size; c < (group + 1) * size; c++) {
          middle += means[c] + added(vector, image, c);
        }
        middle /= size;
        double spread = 0;
        for (int c = group * size; c < (group + 1) * size; c++) {
          double away = means[c] + added(vector, image, c) - middle;
          spread += variances[c] + away * away;
        }
        moments.middles[image * groups + group] = middle;
        moments.inverses[image * groups + group] = 1 / Math.sqrt(spread / size + eps);
      }
      Dnnl.move(wideSource, from);
      Dnnl.move(wideResult, y + (from - x));
      setAffine(image, moments, weight, bias, vector);
      change.run();
    }
    return moments;
  }

  /**
   * The gradients, from that of the results.
   *
   * @param dy address of the results' gradients
   * @param dx address of the images' gradients, which are written
   */
  Gradients backward(
      long x,
      long dy,
      long dx,
      int images,
      float[] weight,
      float[] bias,
      float[] vector,
      Moments moments) {
    Gradients gradients =
        new Gradients(
            new float[images * channels],
            new float[images * channels],
            new float[images * channels]);
    int size = channels / groups;
    double count = (double) size * pixels;
    float[] own = new float[channels];
    float[] means = new float[channels];
    float[] variances = new float[channels];
    float[] bySum = new float[channels];
    float[] byProduct = new float[channels];
    float[] factors = new float[channels];
    float[] terms = new float[channels];
    for (int image = 0; image < images; image++) {
      int first = image * channels;
      long from = (long) image * width * channels * pixels;
      Dnnl.move(source, x + from);
      Dnnl.move(wideSource, x + from);
      Dnnl.move(gradient, dy + from);
      Dnnl.move(wideGradient, dy + from);
      Dnnl.move(wideResult, dx + from);
      if (ofFunction != null) {
        setAffine(image, moments, weight, bias, vector);
        beforeFunction.run();
        ofFunction.run();
      }
      for (int c = 0; c < channels; c++) {
        double inverse = moments.inverses[image * groups + c / size];
        own[c] = weight[first + c];
        means[c] = (float) (moments.middles[image * groups + c / size] - added(vector, image, c));
        variances[c] = (float) (1 / (inverse * inverse) - eps);
      }
      Dnnl.set(scale, own);
      Dnnl.set(mean, means);
      Dnnl.set(variance, variances);
      sums.run();
      Dnnl.get(shiftGradient, bySum);
      Dnnl.get(scaleGradient, byProduct);
      System.arraycopy(byProduct, 0, gradients.weight, first, channels);
      System.arraycopy(bySum, 0, gradients.bias, first, channels);
      for (int group = 0; group < groups; group++) {
        double inverse = moments.inverses[image * groups + group];
        double middle = moments.middles[image * groups + group];
        double sum = 0;
        double product = 0;
        for (int c = group * size; c < (group + 1) * size; c++) {
          sum += (double) own[c] * bySum[c];
          product += (double) own[c] * byProduct[c];
        }
        sum /= count;
        product /= count;
        for (int c = group * size; c < (group + 1) * size; c++) {
          double shift = added(vector, image, c) - middle;
          double normed = pixels * (moments.means[first + c] + shift) * inverse; // sum of x̂
          factors[c] = (float) (-inverse * inverse * product);
          terms[c] = (float) (-inverse * (sum + inverse * product * shift));
          gradients.vector[first + c] =
              (float) (inverse * ((double) own[c] * bySum[c] - pixels * sum - product * normed));
        }
      }
      repeat(factor, factors);
      repeat(term, terms);
      join.run();
    }
    return gradients;
  }

  private float added(float[] vector, int image, int channel) {
    return vector == null ? 0 : vector[image * channels + channel];
  }

  /** The factor and the term that make {@code weight·x̂ + bias} of x. */
  private void setAffine(int image, Moments moments, float[] weight, float[] bias, float[] vector) {
    int size = channels / groups;
    float[] factors = new float[channels];
    float[] terms = new float[channels];
    for (int c = 0; c < channels; c++) {
      int group = image * groups + c / size;
      double times = moments.inverses[group] * weight[image * channels + c];
      factors[c] = (float) times;
      terms[c] =
          (float)
              (bias[image * channels + c]
                  + (added(vector, image, c) - moments.middles[group]) * times);
    }
    repeat(factor, factors);
    repeat(term, terms);
  }

  private void repeat(long at, float[] values) {
    for (int i = 0; i < repeats; i++) {
      Dnnl.set(at + 4L * i * channels, values);
    }
  }
}
