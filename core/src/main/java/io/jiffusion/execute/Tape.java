package io.jiffusion.execute;

import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
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

/**
 * A network in training: its operations are done one by one and written down, and {@link #backward}
 * goes through them from the last to the first.
 *
 * <p>What takes the time is done by oneDNN, forward and backward ({@link KernelOps}); all other
 * operations by the engine, which differentiates each on its own ({@link AutogradOps}).
 */
public final class Tape extends KernelOps implements AutoCloseable {

  /** A tensor of the network, and what is known of its gradient. */
  public static class Value {
    final Shape shape;
    final Tensor tensor;
    final boolean learns; // whether a gradient has somewhere to go from here
    private final Deque<Entry> list; // on which it is written down
    private Tensor gradient; // kept

    Value(Shape shape, Tensor tensor, boolean learns, Deque<Entry> list) {
      this.shape = shape;
      this.tensor = tensor;
      this.learns = learns;
      this.list = list;
    }

    void add(Tensor part) {
      if (!learns) {
        return;
      }
      // a value that is used twice gets the sum of both gradients
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

  private record Entry(Value result, List<Tensor> kept, Consumer<Tensor> backward) {
    void release() {
      kept.forEach(Tensor::release);
      result.forget();
    }
  }

  private final Params gradients;
  private final boolean recompute;
  private final Deque<Entry> entries;
  private final Set<Value> outside; // values from before a block that is forgotten, else null

  private Tape(Tape outer, Deque<Entry> entries, Set<Value> outside, String prefix, Eager ops) {
    super(outer, prefix, ops);
    this.recompute = outer.recompute;
    this.entries = entries;
    this.outside = outside;
    this.gradients = outer.gradients;
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
      PackedFilters filters,
      Params gradients,
      TrainingKernels kernels,
      Precision precision,
      Eager.Dropout dropout,
      boolean recompute) {
    super(leaves, filters, kernels, precision, Eager.training(leaves, precision, dropout));
    this.recompute = recompute;
    this.outside = null;
    this.gradients = gradients;
    this.entries = new ArrayDeque<>();
  }

  /** A value from outside, such as an image or a label: no gradient is asked for it. */
  public Value given(Tensor tensor) {
    return value(tensor, false);
  }

  @Override
  Value value(Tensor tensor, boolean learns) {
    return new Value(Shape.of(tensor.sizes()), tensor, learns, entries);
  }

  /** What any function of libtorch makes of a value, such as the loss of a result. */
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
    // weights that libtorch's own operations have used: their gradients lie with the leaves
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
        // a gradient of gradients is wanted by nobody
        Scope.gradients(false);
        // none: nothing of the loss depends on this value
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

  @Override
  void record(Value result, List<Tensor> kept, Consumer<Tensor> backward) {
    if (outside != null) {
      return; // in a block that will be done again, nothing is written down the first time
    }
    kept.forEach(Tensor::keep);
    entries.addLast(new Entry(result, kept, backward));
  }

  @Override
  void learn(String name, Tensor gradient) {
    Tensor both = gradients.has(name) ? gradients.at(name).plus(gradient) : gradient;
    gradients.put(name, both);
  }

  @Override
  Value local(Function<Tensor[], Tensor> body, Value... given) {
    Value[] inputs = Arrays.stream(given).map(this::now).toArray(Value[]::new);
    // each input a leaf of its own, so that libtorch's graph is this operation and no more
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

  @Override
  void seen(Value value) {
    if (outside != null && value.list != entries) {
      outside.add(value);
    }
  }

  @Override
  public Value block(String name, Function<Ops<Value>, Value> body) {
    settle(); // here, where the tensors live as long as this block
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
            Scope.gradients(true);
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

  @Override
  public Value fourier(Value label, String name, int width, Order order, double std) {
    return value(
        plainly(() -> ops.fourier(now(label).tensor, name, width, order, std)),
        false); // not trained
  }
}
