package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Emitter.Rows;
import io.jiffusion.execute.Operation.GroupNorm;
import io.jiffusion.execute.Operation.LayerNorm;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.memory.data_type;

/** Norms, and what is done with a vector for every pixel: image by image. */
final class NormSteps {
  private final Emitter out;
  private final Dnnl dnnl;

  NormSteps(Emitter out) {
    this.out = out;
    this.dnnl = out.dnnl;
  }

  // ---- group norm ----

  /**
   * oneDNN's own group norm walks through an image group by group, a few channels at a time, and is
   * five times slower than this: mean and variance of every channel by a batch norm over one image,
   * channels joined to groups in Java, and one pass that multiplies, adds and applies the function.
   */
  void group(Node node, GroupNorm norm) {
    int channels = node.channels();
    List<Part> from = out.value(node.input());
    List<Part> to = out.value(node);
    long statistics = dnnl.allocate(8L * channels);
    int[] repeats = new int[from.size()];
    FloatBuffer[] factors = new FloatBuffer[from.size()]; // and the terms behind them
    Primitive[][] measure = new Primitive[out.images][from.size()];
    List<Rows> rows = out.halves(node);
    Primitive[][][] change = new Primitive[out.images][rows.size()][from.size()];
    int first = 0;
    for (int i = 0; i < from.size(); i++) {
      int own = from.get(i).channels();
      repeats[i] = repeats(from.get(i), node, rows);
      int wide = own * repeats[i];
      long both = dnnl.allocate(8L * wide);
      factors[i] = dnnl.floats(both, 2 * wide);
      for (int image = 0; image < out.images; image++) {
        Memory source = out.image(from.get(i), node, image);
        measure[image][i] = measured(source, own, statistics + 4L * first, channels);
        for (int half = 0; half < rows.size(); half++) {
          change[image][half][i] =
              changed(
                  wide(from.get(i), node, image, rows.get(half), repeats[i]),
                  wide(to.get(i), node, image, rows.get(half), repeats[i]),
                  both,
                  wide,
                  norm);
        }
      }
      first += own;
    }
    Join join = new Join(out.weights, norm, node);
    FloatBuffer measured = dnnl.floats(statistics, 2 * channels);
    float[] read = new float[2 * channels];
    Measuring measuring =
        (image, vectors) -> {
          run(measure[image]);
          measured.get(0, read);
          float[] joined = join.of(read, vectors);
          int at = 0;
          for (int i = 0; i < factors.length; i++) {
            int own = factors[i].capacity() / 2 / repeats[i];
            for (int k = 0; k < repeats[i]; k++) {
              factors[i].put(k * own, joined, at, own);
              factors[i].put((repeats[i] + k) * own, joined, channels + at, own);
            }
            at += own;
          }
        };
    String kind = "group norm" + (norm.function() == null ? "" : " + " + norm.function());
    if (rows.size() == 2) {
      out.step(
          norm.name(),
          kind,
          vectors -> measuring.of(0, vectors.get(0)),
          List.of(vectors -> run(change[0][0]), vectors -> run(change[0][1])));
      return;
    }
    out.step(
        norm.name(),
        kind,
        vectors -> {
          for (int image = 0; image < out.images; image++) {
            measuring.of(image, vectors.get(image));
            run(change[image][0]);
          }
        });
  }

  /** Makes the factors for one image, whose vectors are given. */
  @FunctionalInterface
  private interface Measuring {
    void of(int image, Map<Node, float[]> vectors);
  }

  private static void run(Primitive[] primitives) {
    for (Primitive primitive : primitives) {
      primitive.run();
    }
  }

  /**
   * How many pixels are taken as one of many more channels: a factor for each of 32 channels costs
   * oneDNN twice what one for each of 256 does.
   */
  private static int repeats(Part part, Node sized, List<Rows> parts) {
    int repeats = 1;
    while (part.channels() == part.row()
        && divided(sized, parts, 2 * repeats)
        && 2 * repeats * part.channels() <= 256) {
      repeats *= 2;
    }
    return repeats;
  }

  private static boolean divided(Node sized, List<Rows> parts, int repeats) {
    return parts.stream().allMatch(rows -> rows.count() * sized.width() % repeats == 0);
  }

  /** Some rows of one image, so many pixels taken as one. */
  private Memory wide(Part part, Node sized, int image, Rows rows, int repeats) {
    if (repeats == 1) {
      return out.image(part, sized, image, rows);
    }
    long channels = (long) part.channels() * repeats;
    long pixels = (long) rows.count() * sized.width() / repeats;
    long before = ((long) image * sized.height() + rows.from()) * sized.width();
    long address = part.address() + before * part.channels() * out.width;
    return dnnl.at(
        dnnl.desc(
            out.type,
            new long[] {1, channels, pixels, 1},
            new long[] {pixels * channels, 1, channels, channels}),
        address);
  }

  /** Means and, {@code channels} floats further on, variances of one image's channels. */
  private Primitive measured(Memory source, int own, long at, int channels) {
    batch_normalization_forward.primitive_desc how =
        new batch_normalization_forward.primitive_desc(
            dnnl.engine, prop_kind.forward_training.value, source.desc(), source.desc(), 1e-5f, 0);
    return dnnl.primitive(
        how,
        new batch_normalization_forward(how),
        null,
        new Argument(DNNL_ARG_SRC, source),
        new Argument(DNNL_ARG_DST, dnnl.at(source.desc(), out.scratch)),
        new Argument(DNNL_ARG_MEAN, dnnl.at(dnnl.dense(data_type.f32, own), at)),
        new Argument(
            DNNL_ARG_VARIANCE, dnnl.at(dnnl.dense(data_type.f32, own), at + 4L * channels)));
  }

  /** Times the factors, plus the terms that lie behind them, then the function. */
  private Primitive changed(
      Memory source, Memory target, long factors, int channels, GroupNorm norm) {
    Dnnl.Attributes then =
        dnnl.attributes()
            .binary(algorithm.binary_add, perChannel(channels, factors + 4L * channels));
    if (norm.function() != null) {
      then.function(norm.function(), 1, 0);
    }
    return dnnl.binary(algorithm.binary_mul, source, perChannel(channels, factors), target, then);
  }

  /**
   * As an image of one pixel, channels last like the others: told as [1, C, 1, 1] row-major, which
   * is the same numbers, oneDNN 3.11 adds something else to a bf16 image of one pixel at first.
   */
  private Memory perChannel(long channels, long at) {
    long[] strides = {channels, 1, channels, channels};
    return dnnl.at(dnnl.desc(data_type.f32, new long[] {1, channels, 1, 1}, strides), at);
  }

  /**
   * From the channels' means and variances to a factor and a term for each channel. With a vector v
   * added before the norm, a group's mean is that of {@code mean + v}, its variance that of the
   * channels' variances and of these means.
   */
  private static final class Join {
    private final GroupNorm norm;
    private final Node node;
    private final float[] weight;
    private final float[] bias;
    private final float[] result;

    Join(PackedWeights weights, GroupNorm norm, Node node) {
      this.norm = norm;
      this.node = node;
      weight = weights.numbers().all(norm.name() + ".weight");
      bias = weights.numbers().all(norm.name() + ".bias");
      result = new float[2 * weight.length];
    }

    float[] of(float[] measured, Map<Node, float[]> vectors) {
      int channels = weight.length;
      int size = channels / norm.groups();
      float[] added = norm.added() ? vectors.get(node.inputs.get(1)) : null;
      int next = norm.added() ? 2 : 1;
      float[] scale = norm.modulated() ? vectors.get(node.inputs.get(next)) : null;
      float[] shift = norm.modulated() ? vectors.get(node.inputs.get(next + 1)) : null;
      for (int first = 0; first < channels; first += size) {
        double mean = 0;
        for (int c = first; c < first + size; c++) {
          mean += measured[c] + (added == null ? 0 : added[c]);
        }
        mean /= size;
        double variance = 0;
        for (int c = first; c < first + size; c++) {
          double away = measured[c] + (added == null ? 0 : added[c]) - mean;
          variance += measured[channels + c] + away * away;
        }
        double inverse = 1 / Math.sqrt(variance / size + norm.eps());
        for (int c = first; c < first + size; c++) {
          double factor = inverse * weight[c];
          double term = bias[c] + ((added == null ? 0 : added[c]) - mean) * factor;
          if (scale != null) {
            factor *= 1 + scale[c];
            term = term * (1 + scale[c]) + shift[c];
          }
          result[c] = (float) factor;
          result[channels + c] = (float) term;
        }
      }
      return result;
    }
  }

  // ---- layer norm ----

  void layer(Node node, LayerNorm norm) {
    String kind = "layer norm";
    if (!norm.modulated()) {
      Part from = out.only(node.input());
      boolean learned = norm.name() != null;
      Memory scale = learned ? out.floats(norm.name() + ".weight", node.channels()) : null;
      Memory shift = learned ? out.floats(norm.name() + ".bias", node.channels()) : null;
      out.step(
          String.valueOf(norm.name()),
          kind,
          0,
          layer(
              out.matrix(from, node), out.matrix(out.only(node), node), norm.eps(), scale, shift));
      return;
    }
    int channels = node.channels();
    long vectors = dnnl.allocate(8L * channels);
    Memory scale = dnnl.at(dnnl.dense(data_type.f32, channels), vectors);
    Memory shift = dnnl.at(dnnl.dense(data_type.f32, channels), vectors + 4L * channels);
    Primitive[] each = new Primitive[out.images];
    for (int image = 0; image < each.length; image++) {
      each[image] =
          layer(
              out.matrix(out.only(node.input()), node, image),
              out.matrix(out.only(node), node, image),
              norm.eps(),
              scale,
              shift);
    }
    float[] weight =
        norm.name() == null ? null : out.weights.numbers().all(norm.name() + ".weight");
    float[] bias = norm.name() == null ? null : out.weights.numbers().all(norm.name() + ".bias");
    float[] both = new float[2 * channels];
    out.step(
        String.valueOf(norm.name()),
        kind,
        given -> {
          for (int image = 0; image < each.length; image++) {
            float[] factor = given.get(image).get(node.inputs.get(1));
            float[] term = given.get(image).get(node.inputs.get(2));
            for (int c = 0; c < channels; c++) {
              both[c] = (weight == null ? 1 : weight[c]) * (1 + factor[c]);
              both[channels + c] = (bias == null ? 0 : bias[c]) * (1 + factor[c]) + term[c];
            }
            Dnnl.set(vectors, both);
            each[image].run();
          }
        });
  }

  private Primitive layer(Memory source, Memory target, double eps, Memory scale, Memory shift) {
    int flags =
        scale == null
            ? 0
            : normalization_flags.use_scale.value | normalization_flags.use_shift.value;
    layer_normalization_forward.primitive_desc how =
        new layer_normalization_forward.primitive_desc(
            dnnl.engine, Emitter.INFERENCE.value, source.desc(), target.desc(), (float) eps, flags);
    Argument from = new Argument(DNNL_ARG_SRC, source);
    Argument to = new Argument(DNNL_ARG_DST, target);
    return scale == null
        ? dnnl.primitive(how, new layer_normalization_forward(how), null, from, to)
        : dnnl.primitive(
            how,
            new layer_normalization_forward(how),
            null,
            from,
            to,
            new Argument(DNNL_ARG_SCALE, scale),
            new Argument(DNNL_ARG_SHIFT, shift));
  }

  // ---- a vector for every pixel ----

  /** Images or sequences and one vector, or one number, of each image. */
  void perChannel(Node node, String kind, algorithm algorithm) {
    int channels = node.inputs.get(1).channels();
    long vector = dnnl.allocate(4L * channels);
    Primitive[] each = new Primitive[out.images];
    for (int image = 0; image < each.length; image++) {
      each[image] =
          dnnl.binary(
              algorithm,
              out.image(out.only(node.input()), node, image),
              perChannel(channels, vector),
              out.image(out.only(node), node, image),
              dnnl.attributes());
    }
    out.step(
        kind,
        kind,
        given -> {
          for (int image = 0; image < each.length; image++) {
            Dnnl.set(vector, given.get(image).get(node.inputs.get(1)));
            each[image].run();
          }
        });
  }

  /** {@code x·(1 + scale) + shift}. */
  void scaleShift(Node node) {
    int channels = node.channels();
    long vectors = dnnl.allocate(8L * channels);
    Primitive[] each = new Primitive[out.images];
    for (int image = 0; image < each.length; image++) {
      each[image] =
          dnnl.binary(
              algorithm.binary_mul,
              out.image(out.only(node.input()), node, image),
              perChannel(channels, vectors),
              out.image(out.only(node), node, image),
              dnnl.attributes()
                  .binary(algorithm.binary_add, perChannel(channels, vectors + 4L * channels)));
    }
    out.step(
        "scale and shift",
        "scale and shift",
        given -> {
          for (int image = 0; image < each.length; image++) {
            float[] factors = given.get(image).get(node.inputs.get(1)).clone();
            for (int c = 0; c < channels; c++) {
              factors[c] += 1;
            }
            Dnnl.set(vectors, factors);
            Dnnl.set(vectors + 4L * channels, given.get(image).get(node.inputs.get(2)));
            each[image].run();
          }
        });
  }

  /** A table [N, C] added to the sequence of each image. */
  void table(Node node, String name, float[] values) {
    String key = name == null ? "table " + Arrays.hashCode(values) : name;
    long[] sizes = {1, node.channels(), node.height(), node.width()};
    long[] strides = {
      (long) node.pixels() * node.channels(),
      1,
      (long) node.width() * node.channels(),
      node.channels()
    };
    Memory table =
        out.weights.get(
            key,
            to -> to.put(values == null ? out.weights.numbers().all(name) : values),
            sizes,
            strides,
            dnnl.desc(data_type.f32, sizes, strides));
    for (int image = 0; image < out.images; image++) {
      out.step(
          key,
          "add table",
          0,
          dnnl.binary(
              algorithm.binary_add,
              out.image(out.only(node.input()), node, image),
              table,
              out.image(out.only(node), node, image),
              dnnl.attributes()));
    }
  }
}
