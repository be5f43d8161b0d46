package io.jiffusion.train;

import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * Some of the parameters, with all that training keeps of them. What ends a step (the sum of the
 * gradients, the optimiser, the average) takes every parameter by itself and is bound by memory:
 * slice by slice, each thread does a share.
 */
final class Slice implements AutoCloseable {
  private final TensorList weights;
  private final TensorList first;
  private final TensorList second;
  private final TensorList counts;
  private final TensorList ema;
  private final List<TensorList> gradients = new ArrayList<>(); // of each shard

  private Slice(Collection<String> names, Trainer.State state, List<Params> leaves) {
    Function<Params, TensorList> list =
        params -> new TensorList(names.stream().map(params::at).toList());
    weights = list.apply(state.weights());
    first = list.apply(state.first());
    second = list.apply(state.second());
    counts = list.apply(state.counts());
    ema = list.apply(state.ema());
    for (Params leaf : leaves) {
      try (Scope scope = Scope.open()) {
        gradients.add(
            new TensorList(names.stream().map(name -> leaf.at(name).gradient()).toList()));
      }
    }
  }

  /**
   * All parameters in their order, in slices of about the same size.
   *
   * @param leaves the weights as each shard sees them, with a gradient of its own
   * @param most slices, at least 1
   */
  static List<Slice> of(Trainer.State state, List<Params> leaves, int most) {
    long left = 0;
    for (String name : state.weights().names()) {
      left += count(state, name);
    }
    List<Slice> slices = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long size = 0;
    for (String name : state.weights().names()) {
      names.add(name);
      size += count(state, name);
      if (size >= left / (most - slices.size())) {
        slices.add(new Slice(names, state, leaves));
        left -= size;
        size = 0;
        names.clear();
      }
    }
    return slices;
  }

  private static long count(Trainer.State state, String name) {
    long count = 1;
    for (long size : state.weights().at(name).sizes()) {
      count *= size;
    }
    return count;
  }

  /** Sums the shards' gradients, in their order; returns the norm of each parameter's. */
  float[] gather() {
    for (TensorList other : gradients.subList(1, gradients.size())) {
      gradients.get(0).add(other);
    }
    return gradients.get(0).norms();
  }

  /**
   * Ends a step, and forgets its gradients.
   *
   * @param norm of the whole gradient
   * @param decay of the average
   */
  void update(AdamW optimiser, long step, double norm, double decay) {
    weights.adamw(
        gradients.get(0),
        first,
        second,
        counts,
        optimiser.lr(step),
        optimiser.beta1(),
        optimiser.beta2(),
        optimiser.weightDecay(),
        AdamW.EPS,
        optimiser.scale(norm));
    gradients.forEach(TensorList::zero);
    ema.lerp(weights, 1 - decay);
  }

  @Override
  public void close() {
    List.of(weights, first, second, counts, ema).forEach(TensorList::close);
    gradients.forEach(TensorList::close);
  }
}
