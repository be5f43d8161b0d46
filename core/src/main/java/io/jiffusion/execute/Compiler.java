package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Operation.AddChannels;
import io.jiffusion.execute.Operation.AddTable;
import io.jiffusion.execute.Operation.Attention;
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
import io.jiffusion.execute.Operation.Pool;
import io.jiffusion.execute.Operation.ScaleShift;
import io.jiffusion.execute.Operation.Sequence;
import io.jiffusion.execute.Operation.Unpatch;
import io.jiffusion.execute.Operation.UpConv;
import io.jiffusion.execute.Operation.Upsample;
import io.jiffusion.execute.Operation.WindowConv;
import io.jiffusion.network.Ops.Window;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Turns the operations of a rewritten {@link Graph} into the steps of a plan: for each a primitive
 * of oneDNN or a few, made for these very sizes and bound to the addresses of its values.
 *
 * <p>What belongs together has a class of its own: {@link ConvolutionSteps}, {@link NormSteps},
 * {@link AttentionSteps}. Values may lie in several parts after a concatenation, which is never
 * copied together if its user takes parts.
 */
final class Compiler {
  private final Emitter out;
  private final Dnnl dnnl;
  private final ConvolutionSteps convolutions;
  private final NormSteps norms;
  private final AttentionSteps attention;

  Compiler(Emitter out) {
    this.out = out;
    this.dnnl = out.dnnl;
    this.convolutions = new ConvolutionSteps(out);
    this.norms = new NormSteps(out);
    this.attention = new AttentionSteps(out);
  }

  /**
   * Memory for what stands only within one operation: the output that a batch norm must have though
   * only its statistics are wanted, and attention's scores. One place serves all, as operations run
   * one after the other.
   */
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
      // a reshape, some channels or a concatenation is another view of numbers that are there
      if (Buffers.owns(node) && !(node.operation instanceof Input)) {
        try {
          emit(node);
        } catch (RuntimeException e) {
          throw unplanned(e, node);
        }
      }
    }
  }

  private RuntimeException unplanned(RuntimeException failure, Node node) {
    // oneDNN without a kernel is no bug: the network runs on libtorch, and says why
    if (!Dnnl.isMissing(failure)) {
      return failure;
    }
    String precision = out.type == data_type.bf16 ? "bf16" : "fp32";
    String what =
        failure instanceof Unplanned
            ? failure.getMessage()
            : "oneDNN has no kernel for an operation in " + precision + " on this processor";
    return new Unplanned(what + " (" + node.operation + ")");
  }

  private void emit(Node node) {
    if (node.operation instanceof Conv conv) {
      convolutions.conv(node, conv);
    } else if (node.operation instanceof WindowConv conv) {
      convolutions.windowConv(node, conv);
    } else if (node.operation instanceof UpConv conv) {
      convolutions.upConv(node, conv);
    } else if (node.operation instanceof Linear linear) {
      convolutions.linear(node, linear);
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
    } else if (node.operation instanceof Pool pool) {
      pool(node, pool);
    } else if (node.operation instanceof Filter filter) {
      convolutions.filter(node, filter);
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

  // ---- number by number ----

  private void elementwise(Node node, Elementwise what) {
    // only what Rewrites could not put at the end of another operation gets here
    String kind = Emitter.name(what);
    if (what.function().binary()) {
      Memory a = out.image(out.only(node.inputs.get(0)), node);
      Memory b = out.image(out.only(node.inputs.get(1)), node);
      Memory to = out.image(out.only(node), node);
      Dnnl.Attributes none = dnnl.attributes();
      out.step(kind, kind, 0, dnnl.binary(Dnnl.algorithm(what.function()), a, b, to, none));
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

  private void pool(Node node, Pool pool) {
    Window window = pool.window();
    long[] size = {window.height(), window.width()};
    long[] strides = {window.stride(), window.stride()};
    long[] zeros = {window.rows(), window.columns()};
    long[] none = {0, 0};
    String kind = pool.largest() ? "max pool" : "average pool";
    for (int i = 0; i < out.value(node).size(); i++) {
      Memory from = out.image(out.value(node.input()).get(i), node.input());
      Memory to = out.image(out.value(node).get(i), node);
      pooling_forward.primitive_desc how =
          new pooling_forward.primitive_desc(
              dnnl.engine,
              Emitter.INFERENCE,
              pool.largest() ? algorithm.pooling_max : algorithm.pooling_avg_exclude_padding,
              from.desc(),
              to.desc(),
              strides,
              size,
              none, // nothing is left out between what a window sees
              zeros,
              zeros);
      out.step(kind, kind, 0, oneToOne(how, new pooling_forward(how), from, to));
    }
  }

  // ---- other places ----

  private void copy(Node node) {
    // part behind part within each pixel: the target's row is as long as all parts together
    Part to = out.only(node);
    long address = to.address();
    for (Part part : out.value(node.input())) {
      Memory target = out.image(new Part(address, part.channels(), to.row()), node);
      out.step("copy", "copy", 0, out.dnnl.reorder(out.image(part, node), target));
      address += (long) part.channels() * out.width;
    }
  }

  private void sequence(Node node) {
    int channels = node.channels();
    // a vector comes from plain Java, so it is put into native memory at every run
    long vectors = dnnl.allocate(4L * out.images * channels);
    Memory from = dnnl.at(dnnl.dense(data_type.f32, out.images, channels), vectors);
    Primitive reorder = out.dnnl.reorder(from, out.matrix(out.only(node), node));
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
    // [B, h, w, p, p, C] to [B, h, p, w, p, C]: one reorder, for oneDNN takes up to twelve axes
    long[] sizes = {out.images, h, p, w, p, c};
    desc from =
        dnnl.desc(
            out.type, sizes, new long[] {h * w * p * p * c, w * p * p * c, p * c, p * p * c, c, 1});
    out.step(
        "unpatch",
        "unpatch",
        0,
        out.dnnl.reorder(
            dnnl.at(from, out.only(node.input()).address()),
            dnnl.at(dnnl.dense(out.type, sizes), out.only(node).address())));
  }
}
