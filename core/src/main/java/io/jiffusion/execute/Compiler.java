package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Operation.AddChannels;
import io.jiffusion.execute.Operation.AddTable;
import io.jiffusion.execute.Operation.Attention;
import io.jiffusion.execute.Operation.AveragePool;
import io.jiffusion.execute.Operation.Bilinear;
import io.jiffusion.execute.Operation.Conv;
import io.jiffusion.execute.Operation.Copy;
import io.jiffusion.execute.Operation.Divide;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Filter;
import io.jiffusion.execute.Operation.GroupNorm;
import io.jiffusion.execute.Operation.Input;
import io.jiffusion.execute.Operation.LayerNorm;
import io.jiffusion.execute.Operation.Linear;
import io.jiffusion.execute.Operation.MultiplyChannels;
import io.jiffusion.execute.Operation.ScaleShift;
import io.jiffusion.execute.Operation.Sequence;
import io.jiffusion.execute.Operation.Unpatch;
import io.jiffusion.execute.Operation.UpConv;
import io.jiffusion.execute.Operation.Upsample;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.deconvolution_forward;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** Turns the operations of a rewritten {@link Graph} into the steps of a plan. */
final class Compiler {
  private final Emitter out;
  private final Dnnl dnnl;
  private final NormSteps norms;
  private final AttentionSteps attention;

  Compiler(Emitter out) {
    this.out = out;
    this.dnnl = out.dnnl;
    this.norms = new NormSteps(out);
    this.attention = new AttentionSteps(out);
  }

  /** Memory for what stands only within one operation. */
  static long scratch(Graph graph, int images, int width) {
    long most = 64;
    for (Node node : graph.nodes()) {
      if (node.operation instanceof GroupNorm) {
        most = Math.max(most, node.shape.count() / images * width);
      } else if (node.operation instanceof Attention) {
        most = Math.max(most, AttentionSteps.scratch(node, images));
      }
    }
    return most;
  }

  /** All operations on images and sequences; what is given is put in place by {@link Plan}. */
  void emit(Graph graph) {
    for (Node node : graph.nodes()) {
      if (Buffers.owns(node) && !(node.operation instanceof Input)) {
        try {
          emit(node);
        } catch (Unplanned e) {
          throw new Unplanned(e.getMessage() + " (" + node.operation + ")");
        }
      }
    }
  }

  private void emit(Node node) {
    if (node.operation instanceof Conv conv) {
      conv(node, conv);
    } else if (node.operation instanceof UpConv conv) {
      upConv(node, conv);
    } else if (node.operation instanceof Linear linear) {
      linear(node, linear);
    } else if (node.operation instanceof GroupNorm norm) {
      norms.group(node, norm);
    } else if (node.operation instanceof LayerNorm norm) {
      norms.layer(node, norm);
    } else if (node.operation instanceof Attention heads) {
      attention.emit(node, heads);
    } else if (node.operation instanceof Elementwise what) {
      elementwise(node, what);
    } else if (node.operation instanceof AddChannels) {
      norms.perChannel(node, "add vector", algorithm.binary_add);
    } else if (node.operation instanceof MultiplyChannels) {
      norms.perChannel(node, "multiply by vector", algorithm.binary_mul);
    } else if (node.operation instanceof Divide) {
      norms.perChannel(node, "divide", algorithm.binary_div);
    } else if (node.operation instanceof ScaleShift) {
      norms.scaleShift(node);
    } else if (node.operation instanceof AddTable table) {
      norms.table(node, table.name(), table.values());
    } else if (node.operation instanceof Upsample) {
      resample(node, "upsample", algorithm.resampling_nearest);
    } else if (node.operation instanceof Bilinear) {
      resample(node, "bilinear", algorithm.resampling_linear);
    } else if (node.operation instanceof AveragePool) {
      averagePool(node);
    } else if (node.operation instanceof Filter filter) {
      filter(node, filter);
    } else if (node.operation instanceof Copy) {
      copy(node);
    } else if (node.operation instanceof Sequence) {
      sequence(node);
    } else if (node.operation instanceof Unpatch unpatch) {
      unpatch(node, unpatch.patch());
    } else {
      throw new Unplanned("an operation that plans lack");
    }
  }

  // ---- convolutions and products ----

  /** Over the parts of a concatenation one after the other, each adding to those before it. */
  private void conv(Node node, Conv conv) {
    Node input = node.input();
    List<Part> parts = out.value(input);
    int channels = node.channels();
    Memory target = out.image(out.only(node), node);
    long area = (long) conv.kernel() * conv.kernel();
    long[] strides = {conv.stride(), conv.stride()};
    long[] low = {conv.low(), conv.low()};
    long[] high = {conv.high(), conv.high()};
    int from = 0;
    for (int i = 0; i < parts.size(); i++) {
      int count = parts.get(i).channels();
      Memory source = out.image(parts.get(i), input);
      Dnnl.Attributes then = dnnl.attributes();
      if (i > 0) {
        then.sum();
      }
      if (i == parts.size() - 1) {
        out.posts(then, node, false);
      }
      long[] sizes = {channels, count, conv.kernel(), conv.kernel()};
      desc any = dnnl.any(out.type, sizes);
      Memory bias = conv.bias() && i == 0 ? out.floats(conv.name() + ".bias", channels) : null;
      convolution_forward.primitive_desc how =
          bias == null
              ? new convolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.convolution_direct,
                  source.desc(),
                  any,
                  target.desc(),
                  strides,
                  low,
                  high,
                  then.attr,
                  false)
              : new convolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.convolution_direct,
                  source.desc(),
                  any,
                  bias.desc(),
                  target.desc(),
                  strides,
                  low,
                  high,
                  then.attr,
                  false);
      int first = from;
      String name = conv.name() + ".weight";
      Memory weight =
          out.weights.get(
              name + " " + first + " " + count,
              to ->
                  columns(to, name, channels, input.channels() * area, first * area, count * area),
              sizes,
              new long[] {count * area, area, conv.kernel(), 1},
              dnnl.keep(how.weights_desc()));
      step(
          conv.name(),
          "conv" + conv.kernel() + "x" + conv.kernel(),
          2.0 * node.shape.count() * count * area,
          how,
          new convolution_forward(how),
          then,
          source,
          weight,
          bias,
          target);
      from += count;
    }
  }

  /** As a transposed 4×4 convolution of stride 2, over the parts as {@link #conv}. */
  private void upConv(Node node, UpConv conv) {
    Node input = node.input();
    List<Part> parts = out.value(input);
    int channels = node.channels();
    Memory target = out.image(out.only(node), node);
    long[] two = {2, 2};
    long[] one = {1, 1};
    int from = 0;
    for (int i = 0; i < parts.size(); i++) {
      int count = parts.get(i).channels();
      Memory source = out.image(parts.get(i), input);
      Dnnl.Attributes then = dnnl.attributes();
      if (i > 0) {
        then.sum();
      }
      if (i == parts.size() - 1) {
        out.posts(then, node, false);
      }
      long[] sizes = {channels, count, 4, 4};
      desc any = dnnl.any(out.type, sizes);
      Memory bias = conv.bias() && i == 0 ? out.floats(conv.name() + ".bias", channels) : null;
      deconvolution_forward.primitive_desc how =
          bias == null
              ? new deconvolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.deconvolution_direct,
                  source.desc(),
                  any,
                  target.desc(),
                  two,
                  one,
                  one,
                  then.attr,
                  false)
              : new deconvolution_forward.primitive_desc(
                  dnnl.engine,
                  Emitter.INFERENCE,
                  algorithm.deconvolution_direct,
                  source.desc(),
                  any,
                  bias.desc(),
                  target.desc(),
                  two,
                  one,
                  one,
                  then.attr,
                  false);
      int first = from;
      String name = conv.name() + ".weight";
      Memory weight =
          out.weights.get(
              name + " up " + first + " " + count,
              to -> {
                FloatBuffer small = FloatBuffer.allocate(channels * count * 9);
                columns(small, name, channels, input.channels() * 9L, first * 9L, count * 9L);
                to.put(doubled(small.array()));
              },
              sizes,
              new long[] {count * 16L, 16, 4, 1},
              dnnl.keep(how.weights_desc()));
      step(
          conv.name(),
          "upsample + conv3x3",
          2.0 * input.shape.count() / input.channels() * count * channels * 16,
          how,
          new deconvolution_forward(how),
          then,
          source,
          weight,
          bias,
          target);
      from += count;
    }
  }

  /**
   * From 3×3 to 4×4 weights: along one axis, pixel 2i of the result sees pixel i−1 by the first
   * weight and i by the sum of the other two, pixel 2i+1 sees i by the sum of the first two and i+1
   * by the last.
   */
  private static float[] doubled(float[] small) {
    float[] large = new float[small.length / 9 * 16];
    for (int filter = 0; filter < small.length / 9; filter++) {
      for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
          for (int to : PLACES[row]) {
            for (int across : PLACES[column]) {
              large[filter * 16 + to * 4 + across] += small[filter * 9 + row * 3 + column];
            }
          }
        }
      }
    }
    return large;
  }

  /** Where among four weights each of three is added. */
  private static final int[][] PLACES = {{3, 2}, {1, 2}, {0, 1}};

  /** Convolution or product: source and weights to target, with a bias or null. */
  private void step(
      String name,
      String kind,
      double flops,
      org.bytedeco.dnnl.primitive_desc_base how,
      primitive what,
      Dnnl.Attributes then,
      Memory source,
      Memory weight,
      Memory bias,
      Memory target) {
    Argument from = new Argument(DNNL_ARG_SRC, source);
    Argument by = new Argument(DNNL_ARG_WEIGHTS, weight);
    Argument to = new Argument(DNNL_ARG_DST, target);
    Primitive primitive =
        bias == null
            ? dnnl.primitive(how, what, then, from, by, to)
            : dnnl.primitive(how, what, then, from, by, new Argument(DNNL_ARG_BIAS, bias), to);
    out.step(name, kind, flops, primitive);
  }

  /** Of every row of a parameter some numbers: the weights of some input channels. */
  private void columns(FloatBuffer to, String name, int rows, long length, long first, long count) {
    if (count == length) {
      out.weights.numbers().into(to, name);
      return;
    }
    for (int row = 0; row < rows; row++) {
      out.weights.numbers().into(to, name, row * length + first, count);
    }
  }

  private void linear(Node node, Linear linear) {
    Memory source = out.matrix(out.only(node.input()), node.input());
    Memory target = out.matrix(out.only(node), node);
    long in = node.input().channels();
    long width = node.channels();
    Dnnl.Attributes then = out.posts(dnnl.attributes(), node, true);
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
    matmul.primitive_desc how =
        bias == null
            ? new matmul.primitive_desc(
                dnnl.engine, source.desc(), any, target.desc(), then.attr, false)
            : new matmul.primitive_desc(
                dnnl.engine, source.desc(), any, bias.desc(), target.desc(), then.attr, false);
    Memory weight =
        out.weights.get(
            name + ".weight",
            to -> joined(to, linear, ".weight"),
            new long[] {in, width},
            new long[] {1, in},
            dnnl.keep(how.weights_desc()));
    double flops = 2.0 * node.shape.count() * in;
    step(name, "linear", flops, how, new matmul(how), then, source, weight, bias, target);
  }

  private void joined(FloatBuffer to, Linear linear, String what) {
    linear.names().forEach(name -> out.weights.numbers().into(to, name + what));
  }

  // ---- number by number ----

  private void elementwise(Node node, Elementwise what) {
    String kind = Emitter.name(what);
    if (what.function().binary()) {
      Memory a = out.image(out.only(node.inputs.get(0)), node);
      Memory b = out.image(out.only(node.inputs.get(1)), node);
      Memory to = out.image(out.only(node), node);
      binary.primitive_desc how =
          new binary.primitive_desc(
              dnnl.engine, Dnnl.algorithm(what.function()), a.desc(), b.desc(), to.desc());
      out.step(
          kind,
          kind,
          0,
          dnnl.primitive(
              how,
              new binary(how),
              null,
              new Argument(DNNL_ARG_SRC_0, a),
              new Argument(DNNL_ARG_SRC_1, b),
              new Argument(DNNL_ARG_DST, to)));
      return;
    }
    for (int i = 0; i < out.value(node).size(); i++) {
      Memory from = out.image(out.value(node.input()).get(i), node);
      Memory to = out.image(out.value(node).get(i), node);
      eltwise_forward.primitive_desc how =
          new eltwise_forward.primitive_desc(
              dnnl.engine,
              Emitter.INFERENCE,
              Dnnl.algorithm(what.function()),
              from.desc(),
              to.desc(),
              Dnnl.alpha(what.function(), what.factor()),
              (float) what.term());
      out.step(kind, kind, 0, oneToOne(how, new eltwise_forward(how), from, to));
    }
  }

  private Primitive oneToOne(
      org.bytedeco.dnnl.primitive_desc_base how, primitive what, Memory from, Memory to) {
    return dnnl.primitive(
        how, what, null, new Argument(DNNL_ARG_SRC, from), new Argument(DNNL_ARG_DST, to));
  }

  // ---- other sizes ----

  private void resample(Node node, String kind, algorithm how) {
    float[] factors = {
      (float) node.height() / node.input().height(), (float) node.width() / node.input().width()
    };
    for (int i = 0; i < out.value(node).size(); i++) {
      Memory from = out.image(out.value(node.input()).get(i), node.input());
      Memory to = out.image(out.value(node).get(i), node);
      // the binding has no usable constructor for this one, but the function of C
      PointerPointer<Pointer> made = dnnl.keep(new PointerPointer<>(1));
      int status =
          org.bytedeco.dnnl.global.dnnl.dnnl_resampling_forward_primitive_desc_create(
              made,
              dnnl.engine.get(),
              Emitter.INFERENCE.value,
              how.value,
              factors,
              from.desc().get(),
              to.desc().get(),
              dnnl.attributes().attr.get());
      if (status != 0) {
        throw new Unplanned("a change of size: status " + status);
      }
      primitive_desc described = new primitive_desc(new dnnl_primitive_desc(made.get(0)));
      out.step(kind, kind, 0, oneToOne(described, new primitive(described), from, to));
    }
  }

  private void averagePool(Node node) {
    long[] two = {2, 2};
    long[] none = {0, 0};
    for (int i = 0; i < out.value(node).size(); i++) {
      Memory from = out.image(out.value(node.input()).get(i), node.input());
      Memory to = out.image(out.value(node).get(i), node);
      pooling_forward.primitive_desc how =
          new pooling_forward.primitive_desc(
              dnnl.engine,
              Emitter.INFERENCE,
              algorithm.pooling_avg_exclude_padding,
              from.desc(),
              to.desc(),
              two,
              two,
              none,
              none,
              none);
      out.step(
          "average pool", "average pool", 0, oneToOne(how, new pooling_forward(how), from, to));
    }
  }

  /** A convolution of every channel by itself. */
  private void filter(Node node, Filter filter) {
    long channels = node.channels();
    long taps = filter.taps().length;
    Memory from = out.image(out.only(node.input()), node.input());
    Memory to = out.image(out.only(node), node);
    long[] sizes = {channels, 1, 1, taps, taps};
    long[] strides = {taps * taps, taps * taps, taps * taps, taps, 1};
    long[] two = {2, 2};
    long[] margin = {filter.margin(), filter.margin()};
    desc any = dnnl.any(out.type, sizes);
    if (filter.up()) {
      deconvolution_forward.primitive_desc how =
          new deconvolution_forward.primitive_desc(
              dnnl.engine,
              Emitter.INFERENCE,
              algorithm.deconvolution_direct,
              from.desc(),
              any,
              to.desc(),
              two,
              margin,
              margin);
      Memory weight = filtering(filter, channels, sizes, strides, dnnl.keep(how.weights_desc()));
      out.step(
          "filter up",
          "filter up",
          2.0 * node.input().shape.count() * taps * taps,
          dnnl.primitive(
              how,
              new deconvolution_forward(how),
              null,
              new Argument(DNNL_ARG_SRC, from),
              new Argument(DNNL_ARG_WEIGHTS, weight),
              new Argument(DNNL_ARG_DST, to)));
      return;
    }
    long[] high = {
      2L * (node.height() - 1) + taps - node.input().height() - filter.margin(),
      2L * (node.width() - 1) + taps - node.input().width() - filter.margin()
    };
    convolution_forward.primitive_desc how =
        new convolution_forward.primitive_desc(
            dnnl.engine,
            Emitter.INFERENCE,
            algorithm.convolution_direct,
            from.desc(),
            any,
            to.desc(),
            two,
            margin,
            high);
    Memory weight = filtering(filter, channels, sizes, strides, dnnl.keep(how.weights_desc()));
    out.step(
        "filter down",
        "filter down",
        2.0 * node.shape.count() * taps * taps,
        dnnl.primitive(
            how,
            new convolution_forward(how),
            null,
            new Argument(DNNL_ARG_SRC, from),
            new Argument(DNNL_ARG_WEIGHTS, weight),
            new Argument(DNNL_ARG_DST, to)));
  }

  private Memory filtering(
      Filter filter, long channels, long[] sizes, long[] strides, desc wanted) {
    return out.weights.get(
        "filter " + Arrays.toString(filter.taps()) + filter.up() + channels,
        to -> {
          float[] one = Eager.square(filter.taps(), filter.up() ? 2 : 1);
          for (int channel = 0; channel < channels; channel++) {
            to.put(one);
          }
        },
        sizes,
        strides,
        wanted);
  }

  // ---- other places ----

  private void copy(Node node) {
    Part to = out.only(node);
    long address = to.address();
    for (Part part : out.value(node.input())) {
      Memory target = out.image(new Part(address, part.channels(), to.row()), node);
      out.step("copy", "copy", 0, out.reorder(out.image(part, node), target));
      address += (long) part.channels() * out.width;
    }
  }

  private void sequence(Node node) {
    int channels = node.channels();
    long vectors = dnnl.allocate(4L * out.images * channels);
    Memory from = dnnl.at(dnnl.dense(data_type.f32, out.images, channels), vectors);
    Primitive reorder = out.reorder(from, out.matrix(out.only(node), node));
    out.step(
        "sequence",
        "sequence",
        given -> {
          for (int image = 0; image < out.images; image++) {
            Dnnl.set(vectors + 4L * image * channels, given.get(image).get(node.input()));
          }
          reorder.run();
        });
  }

  private void unpatch(Node node, int patch) {
    long h = node.height() / patch;
    long w = node.width() / patch;
    long c = node.channels();
    long p = patch;
    long[] sizes = {out.images, h, p, w, p, c};
    desc from =
        dnnl.desc(
            out.type, sizes, new long[] {h * w * p * p * c, w * p * p * c, p * c, p * p * c, c, 1});
    out.step(
        "unpatch",
        "unpatch",
        0,
        out.reorder(
            dnnl.at(from, out.only(node.input()).address()),
            dnnl.at(dnnl.dense(out.type, sizes), out.only(node).address())));
  }
}
