package io.jiffusion.execute;

import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A network in training: its operations are done one by one and written down, and {@link #backward}
 * goes through them from the last to the first.
 *
 * <p>What takes the time has its gradient here: convolutions, sums, attention, and group norms with
 * what is before and after them, as oneDNN computes them ({@link TrainingKernels}). All other
 * operations are differentiated by the engine, each on its own ({@link ByEngine}).
 */
public final class Tape extends ByEngine implements AutoCloseable {

  /** A tensor of the network, and what is known of its gradient. */
  public static class Value {
    private final Shape shape;
    private final Tensor tensor;
    private final boolean learns; // whether a gradient has somewhere to go from here
    private final Deque<Entry> list; // on which it is written down
    private Tensor gradient; // kept

    private Value(Shape shape, Tensor tensor, boolean learns, Deque<Entry> list) {
      this.shape = shape;
      this.tensor = tensor;
      this.learns = learns;
      this.list = list;
    }

    private void add(Tensor part) {
      if (!learns) {
        return;
      }
      Tensor before = gradient;
      gradient = (before == null ? part : before.plus(part)).keep();
      if (before != null) {
        before.release();
      }
    }

    private void forget() {
      if (gradient != null) {
        gradient.release();
        gradient = null;
      }
    }
  }

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

  private record Entry(Value result, List<Tensor> kept, Consumer<Tensor> backward) {
    void release() {
      kept.forEach(Tensor::release);
      result.forget();
    }
  }

  private final String prefix;
  private final Params leaves;
  private final Filters filters;
  private final Params gradients;
  private final TrainingKernels kernels;
  private final Precision precision;
  private final boolean recompute;
  private final Deque<Entry> entries;
  private final Set<Value> outside; // values from before a block that is forgotten, else null
  private final List<Later> pending = new ArrayList<>(); // which nothing has asked for

  private Tape(Tape outer, Deque<Entry> entries, Set<Value> outside, String prefix, Eager ops) {
    super(ops);
    this.recompute = outer.recompute;
    this.entries = entries;
    this.outside = outside;
    this.prefix = prefix;
    this.leaves = outer.leaves;
    this.filters = outer.filters;
    this.gradients = outer.gradients;
    this.kernels = outer.kernels;
    this.precision = outer.precision;
  }

  /**
   * Prepares a forward pass.
   *
   * @param leaves the weights, each a leaf ({@link Tensor#leaf})
   * @param filters the same weights, packed for convolutions
   * @param gradients where those of the weights will be put
   * @param recompute whether the values within a block are forgotten and computed again for its
   *     gradient: less memory, more time
   */
  public Tape(
      Params leaves,
      Filters filters,
      Params gradients,
      TrainingKernels kernels,
      Precision precision,
      Eager.Dropout dropout,
      boolean recompute) {
    super(Eager.training(leaves, precision, dropout));
    this.recompute = recompute;
    this.outside = null;
    this.prefix = "";
    this.leaves = leaves;
    this.filters = filters;
    this.gradients = gradients;
    this.kernels = kernels;
    this.precision = precision;
    this.entries = new ArrayDeque<>();
  }

  /** What a network is given. */
  public Value given(Tensor tensor) {
    return value(tensor, false);
  }

  private Value value(Tensor tensor, boolean learns) {
    return new Value(Shape.of(tensor.sizes()), tensor, learns, entries);
  }

  /** What is made of a result: its loss. */
  public Value apply(Value x, Function<Tensor, Tensor> function) {
    return local(in -> function.apply(in[0]), x);
  }

  /** The single number of a value. */
  public double item(Value x) {
    return x.tensor.item();
  }

  /** Finds the gradients of this number with respect to all weights. */
  public void backward(Value loss) {
    if (loss.learns) {
      loss.add(Tensor.of(new float[] {1}, loss.tensor.sizes()));
    }
    backward(entries);
    for (String name : leaves.names()) {
      try (Scope scope = Scope.open()) {
        Tensor gradient = leaves.at(name).takeGradient();
        if (gradient != null) {
          learn(name, gradient);
        }
      }
    }
  }

  private static void backward(Deque<Entry> entries) {
    while (!entries.isEmpty()) {
      Entry entry = entries.removeLast();
      try (Scope scope = Scope.open()) {
        Torch.gradients(false);
        if (entry.result.gradient != null) {
          entry.backward.accept(entry.result.gradient);
        }
      } finally {
        entry.release();
      }
    }
  }

  /** Frees what a pass that failed has left. */
  @Override
  public void close() {
    release(entries);
  }

  private static void release(Deque<Entry> entries) {
    entries.forEach(Entry::release);
    entries.clear();
  }

  // ---- how an operation is written down ----

  private void record(Value result, List<Tensor> kept, Consumer<Tensor> backward) {
    if (outside != null) {
      return;
    }
    kept.forEach(Tensor::keep);
    entries.addLast(new Entry(result, kept, backward));
  }

  private void learn(String name, Tensor gradient) {
    Tensor both = gradients.has(name) ? gradients.at(name).plus(gradient) : gradient;
    gradients.put(name, both);
  }

  @Override
  Value local(Function<Tensor[], Tensor> body, Value... given) {
    Value[] inputs = Arrays.stream(given).map(this::now).toArray(Value[]::new);
    Tensor[] leaves = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      leaves[i] = inputs[i].learns ? inputs[i].tensor.leaf() : inputs[i].tensor;
    }
    Tensor result = body.apply(leaves);
    Value value = value(result, result.hasLeaf());
    if (value.learns) {
      List<Tensor> kept = new ArrayList<>(List.of(leaves));
      kept.add(result);
      record(
          value,
          kept,
          dy -> {
            result.backward(dy);
            for (int i = 0; i < inputs.length; i++) {
              Tensor gradient = inputs[i].learns ? leaves[i].takeGradient() : null;
              if (gradient != null) {
                inputs[i].add(gradient);
              }
            }
          });
    }
    return value;
  }

  private static Tensor plainly(Supplier<Tensor> body) {
    return Scope.of(
        () -> {
          Torch.gradients(false);
          return body.get();
        });
  }

  @Override
  public Value block(String name, Function<Ops<Value>, Value> body) {
    List.copyOf(pending).forEach(this::now); // here, where its tensor lives as long as this block
    return recompute && prefix.isEmpty()
        ? forgotten(name, body)
        : block(name, body, entries, outside);
  }

  private Value block(
      String name, Function<Ops<Value>, Value> body, Deque<Entry> entries, Set<Value> outside) {
    Value[] result = new Value[1];
    ops.block(
        name,
        inner -> {
          Tape tape = new Tape(this, entries, outside, prefix + name + ".", (Eager) inner);
          result[0] = tape.now(body.apply(tape));
          return result[0].tensor;
        });
    return result[0];
  }

  /**
   * A block of which only what it is given and what it makes is kept; it is done again when its
   * gradient is asked for (Chen et al.: Training Deep Nets with Sublinear Memory Cost, arXiv
   * 1604.06174).
   */
  private Value forgotten(String name, Function<Ops<Value>, Value> body) {
    Set<Value> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    Value made = block(name, body, new ArrayDeque<>(), needed);
    Value result = value(made.tensor, made.learns);
    record(
        result,
        needed.stream().map(value -> value.tensor).toList(),
        dy -> {
          Deque<Entry> again = new ArrayDeque<>();
          try {
            Torch.gradients(true);
            block(name, body, again, null).add(dy);
            backward(again);
          } finally {
            release(again);
          }
        });
    return result;
  }

  @Override
  public Shape shape(Value x) {
    return x.shape;
  }

  // ---- what has its gradient here ----

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
    Shape size = x.shape;
    TrainedConvolution.Window window =
        new TrainedConvolution.Window(
            size.size(0), size.size(1), size.size(2), size.size(3), out, kernel, stride, low, high);
    TrainedConvolution how = kernels.convolution(window);
    return how == null
        ? local(in -> ops.conv(in[0], name, out, kernel, stride, padding, initScale, bias), x)
        : convolved(x, prefix + name, bias, window, how);
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

  /** The value, computed. */
  private Value now(Value x) {
    Value value = x;
    if (x instanceof Later later) {
      if (later.done == null) {
        pending.remove(later);
        TrainedNorm how = later.norm == null ? null : how(later, false);
        later.done = how == null ? later.plainly.get() : normed(later, how);
      }
      value = later.done;
    }
    if (outside != null && value.list != entries) {
      outside.add(value);
    }
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

  @Override
  public Value fourier(Value label, String name, int width, Order order, double std) {
    return value(
        plainly(() -> ops.fourier(now(label).tensor, name, width, order, std)),
        false); // not trained
  }
}
