package io.jiffusion.train;

import io.jiffusion.execute.PackedFilters;
import io.jiffusion.execute.TrainingKernels;
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
final class ParameterShard implements AutoCloseable {
  private final TensorList weights;
  private final TensorList first;
  private final TensorList second;
  private final TensorList counts;
  private final TensorList ema;
  private final TensorList gradients;
  private final Params gradient = new Params(); // what that list holds, by name
  private final PackedFilters filters;
  private final TrainingKernels kernels;

  private ParameterShard(
      Collection<String> names,
      TrainingState state,
      PackedFilters filters,
      TrainingKernels kernels) {
    Function<Params, TensorList> list =
        params -> new TensorList(names.stream().map(params::at).toList());
    weights = list.apply(state.weights());
    first = list.apply(state.first());
    second = list.apply(state.second());
    counts = list.apply(state.counts());
    ema = list.apply(state.ema());
    for (String name : names) {
      try (Scope scope = Scope.open()) {
        gradient.put(name, state.weights().at(name).zerosLike());
      }
    }
    gradients = list.apply(gradient);
    this.filters = filters;
    this.kernels = kernels;
  }

  /**
   * These parameters in their order, in slices of about the same size.
   *
   * @param filters to be packed again
   * @param kernels as many as there are slices at most
   */
  static List<ParameterShard> of(
      Collection<String> trained,
      TrainingState state,
      PackedFilters filters,
      List<TrainingKernels> kernels) {
    long remaining = 0;
    for (String name : trained) {
      remaining += count(state, name);
    }
    List<ParameterShard> slices = new ArrayList<>();
    List<String> names = new ArrayList<>();
    long size = 0;
    for (String name : trained) {
      names.add(name);
      size += count(state, name);
      if (size >= remaining / (kernels.size() - slices.size())) {
        slices.add(new ParameterShard(names, state, filters, kernels.get(slices.size())));
        remaining -= size;
        size = 0;
        names.clear();
      }
    }
    return slices;
  }

  private static long count(TrainingState state, String name) {
    long count = 1;
    for (long size : state.weights().at(name).sizes()) {
      count *= size;
    }
    return count;
  }

  /** Sums the parts of the gradient, in their order; returns the norm of each parameter's. */
  float[] gather(List<Params> parts) {
    for (String name : gradient.names()) {
      try (Scope scope = Scope.open()) {
        kernels.sum(parts.stream().map(part -> part.at(name)).toList(), gradient.at(name));
      }
    }
    return gradients.norms();
  }

  /**
   * Ends a step.
   *
   * @param norm of the whole gradient
   * @param decay of the average
   */
  void update(AdamW optimiser, long step, double norm, double decay) {
    weights.adamw(gradients, first, second, counts, optimiser.step(step, norm));
    ema.lerp(weights, 1 - decay);
    gradient.names().forEach(name -> filters.refresh(name, kernels));
  }

  @Override
  public void close() {
    List.of(weights, first, second, counts, ema, gradients).forEach(TensorList::close);
    gradient.close();
  }
}
