package io.jiffusion.execute;

import io.jiffusion.execute.Tape.Value;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Operations whose gradients are written out here: convolutions, attention, group norms with what
 * is before and after them, as oneDNN computes them ({@link TrainingKernels}), and sums. Where
 * there is no kernel, the engine does them.
 */
abstract class KernelOps extends AutogradOps {
  /** An image plus a vector, or its norm: not computed before it is known what follows. */
  private static final class Later extends Value {
    private final Value image;
    private final Value vector; // added; may be null
    private final Norm norm; // may be null
    private final Value scale; // may be null, like shift
    private final Value shift;
    private final Supplier<Value> plainly; // operation by operation
    private Value done;

    private Later(
        Value image, Value vector, Norm norm, Value scale, Value shift, Supplier<Value> plainly) {
      super(image.shape, null, true, null);
      this.image = image;
      this.vector = vector;
      this.norm = norm;
      this.scale = scale;
      this.shift = shift;
      this.plainly = plainly;
    }
  }

  private record Norm(String name, int groups, double eps) {}

  final String prefix;
  final Params leaves;
  private final PackedFilters filters;
  private final TrainingKernels kernels;
  private final Precision precision;
  private final List<Later> pending = new ArrayList<>(); // which nothing has asked for

  KernelOps(
      Params leaves,
      PackedFilters filters,
      TrainingKernels kernels,
      Precision precision,
      Eager ops) {
    super(ops);
    this.prefix = "";
    this.leaves = leaves;
    this.filters = filters;
    this.kernels = kernels;
    this.precision = precision;
  }

  /** The operations within a block: the same tape, names with the block's prefix. */
  KernelOps(KernelOps outer, String prefix, Eager ops) {
    super(ops);
    this.prefix = prefix;
    this.leaves = outer.leaves;
    this.filters = outer.filters;
    this.kernels = outer.kernels;
    this.precision = outer.precision;
  }

  /** A value of this pass; {@code learns} if a gradient has somewhere to go from it. */
  abstract Value value(Tensor tensor, boolean learns);

  /** Notes an operation: what it made, what its gradient needs, and how that is found. */
  abstract void record(Value result, List<Tensor> kept, Consumer<Tensor> backward);

  /** Adds to the gradient of a weight. */
  abstract void learn(String name, Tensor gradient);

  /** Told of every value that an operation uses: a forgotten block must keep those from outside. */
  abstract void seen(Value value);

  /** Computes what was put off to be done together with what follows. */
  final void settle() {
    List.copyOf(pending).forEach(this::now);
  }

  /** Runs something of which libtorch shall keep nothing for gradients. */
  static Tensor plainly(Supplier<Tensor> body) {
    return Scope.of(
        () -> {
          Scope.gradients(false);
          return body.get();
        });
  }

  @Override
  public Value conv(
      Value given,
      String name,
      int out,
      int kernel,
      int stride,
      Padding padding,
      double initScale,
      boolean bias) {
    Value x = now(given);
    int low = padding == Padding.SYMMETRIC ? kernel / 2 : 0;
    int high = padding == Padding.BOTTOM_RIGHT ? 1 : low;
    TrainedConvolution.Window window =
        new TrainedConvolution.Window(x.shape, out, kernel, stride, low, high);
    TrainedConvolution how = kernels.convolution(window);
    return how == null
        ? local(in -> ops.conv(in[0], name, out, kernel, stride, padding, initScale, bias), x)
        : convolved(x, prefix + name, bias, window, how);
  }

  @Override
  public Value conv(Value x, String name, int out, Window window) {
    return local(in -> ops.conv(in[0], name, out, window), x);
  }

  private Value convolved(
      Value image,
      String name,
      boolean bias,
      TrainedConvolution.Window window,
      TrainedConvolution how) {
    Tensor x = plainly(() -> image.tensor.to(precision).channelsLast());
    Tensor y = plainly(() -> Tensor.empty(precision, true, window.result()));
    Tensor biases =
        bias
            ? leaves.at(name + ".bias")
            : plainly(() -> Tensor.of(new float[(int) window.out()], window.out()));
    String weight = name + ".weight";
    how.forward(
        x.address(),
        filters.at(weight, how.forwardWeights(), kernels),
        biases.address(),
        y.address());
    Value value = value(y, true);
    record(
        value,
        List.of(x),
        given -> {
          Tensor dy = given.to(precision).channelsLast();
          if (image.learns) {
            Tensor dx = x.emptyLike();
            how.backwardData(
                dy.address(), filters.at(weight, how.backwardWeights(), kernels), dx.address());
            image.add(dx);
          }
          Tensor dw = Tensor.empty(precision, false, leaves.at(weight).sizes());
          Tensor db = biases.emptyLike();
          how.backwardFilter(x.address(), dy.address(), dw.address(), db.address());
          learn(weight, dw);
          if (bias) {
            learn(name + ".bias", db);
          }
        });
    return value;
  }

  @Override
  public Value add(Value a, Value b) {
    Value first = now(a);
    Value second = now(b);
    Value value =
        value(plainly(() -> first.tensor.plus(second.tensor)), first.learns || second.learns);
    record(
        value,
        List.of(),
        dy -> {
          first.add(dy);
          second.add(dy);
        });
    return value;
  }

  @Override
  public Value addChannels(Value x, Value vector) {
    Value image = now(x);
    Value added = now(vector);
    return later(
        new Later(
            image,
            added,
            null,
            null,
            null,
            () -> local(in -> ops.addChannels(in[0], in[1]), image, added)));
  }

  @Override
  public Value groupNorm(Value x, String name, int groups, double eps) {
    Later sum = x instanceof Later later && later.norm == null ? unasked(later) : null;
    return later(
        new Later(
            sum == null ? now(x) : sum.image,
            sum == null ? null : sum.vector,
            new Norm(prefix + name, groups, eps),
            null,
            null,
            () -> local(in -> ops.groupNorm(in[0], name, groups, eps), x)));
  }

  @Override
  public Value scaleShift(Value x, Value scale, Value shift) {
    Later norm =
        x instanceof Later later && later.norm != null && later.scale == null
            ? unasked(later)
            : null;
    Supplier<Value> plainly =
        () -> local(in -> ops.scaleShift(in[0], in[1], in[2]), x, scale, shift);
    return norm == null
        ? plainly.get()
        : later(new Later(norm.image, norm.vector, norm.norm, now(scale), now(shift), plainly));
  }

  @Override
  public Value silu(Value x) {
    Later norm = x instanceof Later later && later.norm != null ? unasked(later) : null;
    TrainedNorm how = norm == null ? null : how(norm, true);
    return how == null ? local(in -> ops.silu(in[0]), x) : normed(norm, how);
  }

  private Later later(Later later) {
    pending.add(later);
    return later;
  }

  /** This one, taken by what follows, unless something has asked for its value. */
  private Later unasked(Later later) {
    pending.remove(later);
    return later.done == null ? later : null;
  }

  /** The value, computed now if it was put off. */
  final Value now(Value x) {
    Value value = x;
    if (x instanceof Later later) {
      if (later.done == null) {
        pending.remove(later);
        TrainedNorm how = later.norm == null ? null : how(later, false);
        later.done = how == null ? later.plainly.get() : normed(later, how);
      }
      value = later.done;
    }
    seen(value);
    return value;
  }

  private TrainedNorm how(Later later, boolean silu) {
    Norm norm = later.norm;
    return kernels.norm(later.image.shape, norm.groups, norm.eps, silu);
  }

  private Value normed(Later later, TrainedNorm how) {
    Value image = later.image;
    Norm norm = later.norm;
    int images = (int) image.shape.size(0);
    int channels = (int) image.shape.size(1);
    float[] weight = leaves.at(norm.name + ".weight").floats();
    float[] bias = leaves.at(norm.name + ".bias").floats();
    float[] scale = later.scale == null ? null : later.scale.tensor.floats();
    float[] shift = later.shift == null ? null : later.shift.tensor.floats();
    float[] vector = later.vector == null ? null : later.vector.tensor.floats();
    float[] weights = new float[images * channels];
    float[] biases = new float[images * channels];
    for (int i = 0; i < weights.length; i++) {
      float factor = scale == null ? 1 : 1 + scale[i];
      weights[i] = weight[i % channels] * factor;
      biases[i] = bias[i % channels] * factor + (shift == null ? 0 : shift[i]);
    }
    Tensor x = plainly(() -> image.tensor.to(precision).channelsLast());
    Tensor y = plainly(x::emptyLike);
    TrainedNorm.Moments moments =
        how.forward(x.address(), y.address(), images, weights, biases, vector);
    Value value = value(y, true);
    record(
        value,
        List.of(x),
        given -> {
          Tensor dy = given.to(precision).channelsLast();
          Tensor dx = x.emptyLike();
          TrainedNorm.Gradients parts =
              how.backward(
                  x.address(),
                  dy.address(),
                  dx.address(),
                  images,
                  weights,
                  biases,
                  vector,
                  moments);
          image.add(dx);
          if (vector != null) {
            later.vector.add(Tensor.of(parts.vector(), images, channels));
          }
          float[] byWeight = parts.weight();
          float[] byBias = parts.bias();
          if (scale != null) {
            float[] byScale = new float[weights.length];
            for (int i = 0; i < byScale.length; i++) {
              byScale[i] = weight[i % channels] * byWeight[i] + bias[i % channels] * byBias[i];
            }
            later.scale.add(Tensor.of(byScale, images, channels));
            later.shift.add(Tensor.of(byBias, images, channels));
          }
          learn(norm.name + ".weight", overImages(byWeight, scale, channels));
          learn(norm.name + ".bias", overImages(byBias, scale, channels));
        });
    return value;
  }

  private static Tensor overImages(float[] each, float[] scale, int channels) {
    float[] sum = new float[channels];
    for (int i = 0; i < each.length; i++) {
      sum[i % channels] += scale == null ? each[i] : each[i] * (1 + scale[i]);
    }
    return Tensor.of(sum, channels);
  }

  @Override
  public Value attention(Value query, Value key, Value value, int heads) {
    Value q = now(query);
    Value k = now(key);
    Value v = now(value);
    TrainedAttention how = kernels.attention(q.shape, k.shape, heads);
    if (how == null) {
      return local(in -> ops.attention(in[0], in[1], in[2], heads), q, k, v);
    }
    int images = (int) q.shape.size(0);
    List<Tensor> inputs =
        Stream.of(q, k, v).map(in -> plainly(() -> in.tensor.to(precision).contiguous())).toList();
    long[] at = inputs.stream().mapToLong(Tensor::address).toArray();
    Tensor result = plainly(inputs.get(0)::emptyLike);
    how.forward(images, at[0], at[1], at[2], result.address());
    Value attended = value(result, q.learns || k.learns || v.learns);
    record(
        attended,
        inputs,
        given -> {
          Tensor dy = given.to(precision).contiguous();
          Tensor dq = inputs.get(0).emptyLike();
          Tensor dk = inputs.get(1).emptyLike();
          Tensor dv = inputs.get(2).emptyLike();
          how.backward(
              images, at[0], at[1], at[2], dy.address(), dq.address(), dk.address(), dv.address());
          q.add(dq);
          k.add(dk);
          v.add(dv);
        });
    return attended;
  }
}
