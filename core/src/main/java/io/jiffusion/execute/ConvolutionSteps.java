package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Emitter.Rows;
import io.jiffusion.execute.Operation.Conv;
import io.jiffusion.execute.Operation.Filter;
import io.jiffusion.execute.Operation.Linear;
import io.jiffusion.execute.Operation.UpConv;
import io.jiffusion.execute.Operation.WindowConv;
import io.jiffusion.network.Ops;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.deconvolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;

/** Steps of a plan for convolutions, linear layers and filters: all that multiplies matrices. */
final class ConvolutionSteps {
  private final Emitter out;
  private final Dnnl dnnl;

  ConvolutionSteps(Emitter out) {
    this.out = out;
    this.dnnl = out.dnnl;
  }

  /**
   * How filters move over an image.
   *
   * @param transposed whether it is the adjoint of such a convolution
   * @param kernel height and width of the filters
   * @param low zeros above and to the left
   * @param high below and to the right
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Window(boolean transposed, long[] kernel, long stride, long[] low, long[] high) {
    static Window of(boolean transposed, long kernel, long stride, long low, long high) {
      return new Window(
          transposed,
          new long[] {kernel, kernel},
          stride,
          new long[] {low, low},
          new long[] {high, high});
    }

    long area() {
      return kernel[0] * kernel[1];
    }
  }

  /** The rows of the source that some rows of the result see, and how filters move over them. */
  private record View(Rows rows, Window window) {
    static View of(Window window, Rows result, Node source, Node all) {
      if (result.equals(Rows.all(all))) {
        return new View(Rows.all(source), window);
      }
      int stride = (int) window.stride;
      int kernel = (int) window.kernel[0];
      int low = (int) window.low[0];
      int first = result.from() * stride - low;
      int end = first + (result.count() - 1) * stride + kernel;
      if (window.transposed) {
        first = Math.floorDiv(result.from() + low - kernel + stride, stride);
        end = Math.floorDiv(result.end() - 1 + low, stride) + 1;
      }
      Rows rows = new Rows(Math.max(0, first), Math.min(source.height(), end) - Math.max(0, first));
      int above = rows.from() - first;
      int below = end - rows.end();
      if (window.transposed) {
        above = low + result.from() - rows.from() * stride;
        below = (rows.count() - 1) * stride + kernel - above - result.count();
      }
      return new View(
          rows,
          new Window(
              window.transposed,
              window.kernel,
              stride,
              new long[] {above, window.low[1]},
              new long[] {below, window.high[1]}));
    }
  }

  /** A primitive, and the layout in which it wants its weights. */
  private record Made(primitive_desc_base how, primitive what, desc weights) {}

  void conv(Node node, Conv conv) {
    Window window = Window.of(false, conv.kernel(), conv.stride(), conv.low(), conv.high());
    conv(node, window, conv.name(), conv.bias());
  }

  void windowConv(Node node, WindowConv conv) {
    Ops.Window given = conv.window();
    long[] zeros = {given.rows(), given.columns()};
    Window window =
        new Window(false, new long[] {given.height(), given.width()}, given.stride(), zeros, zeros);
    conv(node, window, conv.name(), true);
  }

  private void conv(Node node, Window window, String name, boolean bias) {
    long area = window.area();
    long length = node.input().channels() * area;
    overParts(
        node,
        window,
        name,
        "conv" + window.kernel[0] + "x" + window.kernel[1],
        bias,
        area,
        (to, first, count) -> columns(to, name, node, length, first * area, count * area));
  }

  /** As a transposed 4×4 convolution of stride 2: four weights for each pixel of the result. */
  void upConv(Node node, UpConv conv) {
    long length = node.input().channels() * 9L;
    overParts(
        node,
        Window.of(true, 4, 2, 1, 1),
        conv.name(),
        "upsample + conv3x3",
        conv.bias(),
        4,
        (to, first, count) -> {
          FloatBuffer small = FloatBuffer.allocate(node.channels() * count * 9);
          columns(small, conv.name(), node, length, first * 9L, count * 9L);
          to.put(doubled(small.array()));
        });
  }

  /** Puts the weights of {@code count} input channels from one on. */
  @FunctionalInterface
  private interface Filling {
    void fill(FloatBuffer to, int first, int count);
  }

  /**
   * Over the parts of a concatenation one after the other, each adding to those before it.
   *
   * @param taps weights that a number of the result takes of each input channel
   */
  private void overParts(
      Node node,
      Window window,
      String name,
      String kind,
      boolean withBias,
      long taps,
      Filling filling) {
    List<Part> parts = out.value(node.input());
    long channels = node.channels();
    int from = 0;
    for (int i = 0; i < parts.size(); i++) {
      int first = from;
      Part part = parts.get(i);
      int count = part.channels();
      Memory bias = withBias && i == 0 ? out.floats(name + ".bias", channels) : null;
      long[] sizes = {channels, count, window.kernel[0], window.kernel[1]};
      List<Primitive> primitives = new ArrayList<>();
      for (Rows rows : out.halves(node)) {
        Dnnl.Attributes then = dnnl.attributes();
        if (i > 0) {
          then.sum();
        }
        if (i == parts.size() - 1) {
          out.posts(then, node, rows, false);
        }
        View view = View.of(window, rows, node.input(), node);
        Memory source = out.image(part, node.input(), view.rows);
        Memory target = out.image(out.only(node), node, rows);
        Made made = made(view.window, source, dnnl.any(out.type, sizes), bias, target, then);
        Memory weight =
            out.weights.get(
                name + " " + kind + " " + first + " " + count,
                to -> filling.fill(to, first, count),
                sizes,
                new long[] {count * window.area(), window.area(), window.kernel[1], 1},
                made.weights);
        primitives.add(primitive(made, then, source, weight, bias, target));
      }
      out.step(name, kind, 2.0 * node.shape.count() * count * taps, primitives);
      from += count;
    }
  }

  private Made made(
      Window window,
      Memory source,
      desc weights,
      Memory bias,
      Memory target,
      Dnnl.Attributes then) {
    long[] strides = {window.stride, window.stride};
    if (window.transposed) {
      deconvolution_forward.primitive_desc how =
          bias == null
              ? new deconvolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.deconvolution_direct,
                  source.desc(),
                  weights,
                  target.desc(),
                  strides,
                  window.low,
                  window.high,
                  then.attr,
                  false)
              : new deconvolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.deconvolution_direct,
                  source.desc(),
                  weights,
                  bias.desc(),
                  target.desc(),
                  strides,
                  window.low,
                  window.high,
                  then.attr,
                  false);
      return new Made(how, new deconvolution_forward(how), dnnl.keep(how.weights_desc()));
    }
    convolution_forward.primitive_desc how =
        bias == null
            ? new convolution_forward.primitive_desc(
                dnnl.engine,
                Emitter.INFERENCE,
                algorithm.convolution_direct,
                source.desc(),
                weights,
                target.desc(),
                strides,
                window.low,
                window.high,
                then.attr,
                false)
            : new convolution_forward.primitive_desc(
                dnnl.engine,
                Emitter.INFERENCE,
                algorithm.convolution_direct,
                source.desc(),
                weights,
                bias.desc(),
                target.desc(),
                strides,
                window.low,
                window.high,
                then.attr,
                false);
    return new Made(how, new convolution_forward(how), dnnl.keep(how.weights_desc()));
  }

  /** Source and weights to target, with a bias or null. */
  private Primitive primitive(
      Made made, Dnnl.Attributes then, Memory source, Memory weight, Memory bias, Memory target) {
    Argument from = new Argument(DNNL_ARG_SRC, source);
    Argument by = new Argument(DNNL_ARG_WEIGHTS, weight);
    Argument to = new Argument(DNNL_ARG_DST, target);
    return bias == null
        ? dnnl.primitive(made.how, made.what, then, from, by, to)
        : dnnl.primitive(
            made.how, made.what, then, from, by, new Argument(DNNL_ARG_BIAS, bias), to);
  }

  /** Of every row of a parameter some numbers: the weights of some input channels. */
  private void columns(
      FloatBuffer to, String name, Node node, long length, long first, long count) {
    WeightReader numbers = out.weights.numbers();
    if (count == length) {
      numbers.into(to, name + ".weight");
      return;
    }
    for (int row = 0; row < node.channels(); row++) {
      numbers.into(to, name + ".weight", row * length + first, count);
    }
  }

  /**
   * From 3×3 to 4×4 weights: along one axis, pixel 2i of the result sees pixel i−1 by the first
   * weight and i by the sum of the other two, pixel 2i+1 sees i by the sum of the first two and i+1
   * by the last.
   */
  private static float[] doubled(float[] small) {
    int[][] places = {{3, 2}, {1, 2}, {0, 1}}; // where among four weights each of three is added
    float[] large = new float[small.length / 9 * 16];
    for (int i = 0; i < small.length; i++) {
      for (int row : places[i % 9 / 3]) {
        for (int column : places[i % 3]) {
          large[i / 9 * 16 + row * 4 + column] += small[i];
        }
      }
    }
    return large;
  }

  // ---- every channel by itself ----

  void filter(Node node, Filter filter) {
    long channels = node.channels();
    long taps = filter.taps().length;
    Memory from = out.image(out.only(node.input()), node.input());
    Memory to = out.image(out.only(node), node);
    long margin = filter.margin();
    long[] low = {margin, margin};
    long[] high = {
      2L * (node.height() - 1) + taps - node.input().height() - margin,
      2L * (node.width() - 1) + taps - node.input().width() - margin
    };
    long[] sizes = {channels, 1, 1, taps, taps};
    Dnnl.Attributes then = dnnl.attributes();
    Made made =
        made(
            new Window(filter.up(), new long[] {taps, taps}, 2, low, filter.up() ? low : high),
            from,
            dnnl.any(out.type, sizes),
            null,
            to,
            then);
    Memory weight =
        out.weights.get(
            "filter " + Arrays.toString(filter.taps()) + filter.up() + channels,
            numbers -> {
              float[] one = Eager.square(filter.taps(), filter.up() ? 2 : 1);
              for (int channel = 0; channel < channels; channel++) {
                numbers.put(one);
              }
            },
            sizes,
            new long[] {taps * taps, taps * taps, taps * taps, taps, 1},
            made.weights);
    String kind = filter.up() ? "filter up" : "filter down";
    long pixels = filter.up() ? node.input().shape.count() : node.shape.count();
    double flops = 2.0 * pixels * taps * taps;
    out.step(kind, kind, flops, primitive(made, then, from, weight, null, to));
  }

  // ---- products ----

  void linear(Node node, Linear linear) {
    long in = node.input().channels();
    long width = node.channels();
    desc any = dnnl.any(out.type, in, width);
    String name = String.join("+", linear.names());
    Memory bias = null;
    if (linear.bias()) {
      bias =
          out.weights.get(
              name + ".bias",
              to -> joined(to, linear, ".bias"),
              new long[] {1, width},
              new long[] {width, 1},
              dnnl.dense(data_type.f32, 1, width));
    }
    List<Primitive> primitives = new ArrayList<>();
    for (Rows rows : out.halves(node)) {
      Memory source = out.matrix(out.only(node.input()), node.input(), rows);
      Memory target = out.matrix(out.only(node), node, rows);
      Dnnl.Attributes then = out.posts(dnnl.attributes(), node, rows, true);
      matmul.primitive_desc how =
          bias == null
              ? new matmul.primitive_desc(
                  dnnl.engine, source.desc(), any, target.desc(), then.attr, false)
              : new matmul.primitive_desc(
                  dnnl.engine, source.desc(), any, bias.desc(), target.desc(), then.attr, false);
      Made made = new Made(how, new matmul(how), dnnl.keep(how.weights_desc()));
      Memory weight =
          out.weights.get(
              name + ".weight",
              to -> joined(to, linear, ".weight"),
              new long[] {in, width},
              new long[] {1, in},
              made.weights);
      primitives.add(primitive(made, then, source, weight, bias, target));
    }
    out.step(name, "linear", 2.0 * node.shape.count() * in, primitives);
  }

  private void joined(FloatBuffer to, Linear linear, String what) {
    linear.names().forEach(name -> out.weights.numbers().into(to, name + what));
  }
}
