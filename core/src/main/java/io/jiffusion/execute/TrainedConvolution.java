package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Precision;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;

/**
 * A convolution of images, channels last, forward and backward. Weights come packed ({@link
 * Filters}); their gradient is row-major.
 *
 * <p>For one thread at a time.
 */
final class TrainedConvolution {

  /**
   * What is convolved.
   *
   * @param image [B, C, H, W]
   * @param low zeros above and to the left
   * @param high below and to the right
   */
  record Window(Shape image, long out, long kernel, long stride, long low, long high) {

    long[] result() {
      return new long[] {image.size(0), out, side(image.size(2)), side(image.size(3))};
    }

    private long side(long size) {
      return (size + low + high - kernel) / stride + 1;
    }
  }

  private final desc forwardWeights;
  private final desc backwardWeights;
  private final Memory x;
  private final Memory y;
  private final Memory dx;
  private final Memory dy;
  private final Memory weights;
  private final Memory turnedWeights;
  private final Memory bias;
  private final Memory dw;
  private final Memory db;
  private final Primitive forward;
  private final Primitive backwardData;
  private final Primitive backwardFilter;
  private final Primitive unpack;

  TrainedConvolution(Dnnl dnnl, Precision precision, Window window) {
    data_type type = Dnnl.type(precision);
    Shape image = window.image;
    long[] sizes = {window.out, image.size(1), window.kernel, window.kernel};
    long[] strides = {window.stride, window.stride};
    long[] low = {window.low, window.low};
    long[] high = {window.high, window.high};
    desc source = images(dnnl, type, image.size(0), image.size(1), image.size(2), image.size(3));
    long[] result = window.result();
    desc target = images(dnnl, type, result[0], result[1], result[2], result[3]);
    desc vector = dnnl.dense(data_type.f32, window.out);
    convolution_forward.primitive_desc how =
        new convolution_forward.primitive_desc(
            dnnl.engine,
            prop_kind.forward_training,
            algorithm.convolution_direct,
            source,
            dnnl.any(type, sizes),
            vector,
            target,
            strides,
            low,
            high);
    convolution_backward_data.primitive_desc data =
        new convolution_backward_data.primitive_desc(
            dnnl.engine,
            algorithm.convolution_direct,
            source,
            dnnl.any(type, sizes),
            target,
            strides,
            low,
            high,
            how);
    convolution_backward_weights.primitive_desc filter =
        new convolution_backward_weights.primitive_desc(
            dnnl.engine,
            algorithm.convolution_direct,
            source,
            dnnl.any(data_type.f32, sizes),
            vector,
            target,
            strides,
            low,
            high,
            how);
    forwardWeights = dnnl.keep(how.weights_desc());
    backwardWeights = dnnl.keep(data.weights_desc());
    desc packed = dnnl.keep(filter.diff_weights_desc());
    long nowhere = dnnl.allocate(0);
    x = dnnl.at(source, nowhere);
    y = dnnl.at(target, nowhere);
    dx = dnnl.at(source, nowhere);
    dy = dnnl.at(target, nowhere);
    weights = dnnl.at(forwardWeights, nowhere);
    turnedWeights = dnnl.at(backwardWeights, nowhere);
    bias = dnnl.at(vector, nowhere);
    db = dnnl.at(vector, nowhere);
    dw = dnnl.at(dnnl.dense(type, sizes), nowhere);
    Memory found = dnnl.at(packed, dnnl.scratch(packed.get_size()));
    unpack = dnnl.reorder(found, dw);
    Memory plain = dnnl.at(dnnl.dense(data_type.f32, sizes), nowhere);
    dnnl.reorder(plain, weights); // Filters does so later: now it is known that it can
    dnnl.reorder(plain, turnedWeights);
    backwardFilter =
        dnnl.primitive(
            filter,
            new convolution_backward_weights(filter),
            null,
            new Argument(DNNL_ARG_SRC, x),
            new Argument(DNNL_ARG_DIFF_DST, dy),
            new Argument(DNNL_ARG_DIFF_WEIGHTS, found),
            new Argument(DNNL_ARG_DIFF_BIAS, db));
    backwardData =
        dnnl.primitive(
            data,
            new convolution_backward_data(data),
            null,
            new Argument(DNNL_ARG_DIFF_DST, dy),
            new Argument(DNNL_ARG_WEIGHTS, turnedWeights),
            new Argument(DNNL_ARG_DIFF_SRC, dx));
    forward =
        dnnl.primitive(
            how,
            new convolution_forward(how),
            null,
            new Argument(DNNL_ARG_SRC, x),
            new Argument(DNNL_ARG_WEIGHTS, weights),
            new Argument(DNNL_ARG_BIAS, bias),
            new Argument(DNNL_ARG_DST, y));
  }

  private static desc images(
      Dnnl dnnl, data_type type, long images, long channels, long height, long width) {
    return dnnl.desc(
        type,
        new long[] {images, channels, height, width},
        new long[] {height * width * channels, 1, width * channels, channels});
  }

  /** How the weights are to be packed for {@link #forward}. */
  desc forwardWeights() {
    return forwardWeights;
  }

  /** How they are to be packed for {@link #backwardData}. */
  desc backwardWeights() {
    return backwardWeights;
  }

  /** From the addresses of images, weights and biases (float32), to that of the results. */
  void forward(long from, long packed, long biases, long to) {
    Dnnl.move(x, from);
    Dnnl.move(weights, packed);
    Dnnl.move(bias, biases);
    Dnnl.move(y, to);
    forward.run();
  }

  /** From the gradient of the results to that of the images. */
  void backwardData(long gradient, long packed, long to) {
    Dnnl.move(dy, gradient);
    Dnnl.move(turnedWeights, packed);
    Dnnl.move(dx, to);
    backwardData.run();
  }

  /** From images and the gradient of the results to that of weights and biases (float32). */
  void backwardFilter(long from, long gradient, long toWeights, long toBiases) {
    Dnnl.move(x, from);
    Dnnl.move(dy, gradient);
    Dnnl.move(db, toBiases);
    Dnnl.move(dw, toWeights);
    backwardFilter.run();
    unpack.run();
  }
}
