package io.jiffusion.train;

import io.jiffusion.base.Workers;
import io.jiffusion.execute.Eager;
import io.jiffusion.execute.PackedFilters;
import io.jiffusion.execute.Tape;
import io.jiffusion.execute.TrainingKernels;
import io.jiffusion.network.Condition;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * The gradient of a batch, computed in parts, each on a thread of its own with the same weights.
 */
final class DataParallel implements AutoCloseable {
  private final Network network;
  private final Objective objective;
  private final GradientOptions arithmetic;
  private final List<Params> leaves = new ArrayList<>(); // of each part
  private final List<TrainingKernels> kernels = new ArrayList<>(); // likewise
  private final PackedFilters filters;
  private final Workers threads;

  /**
   * What a step found.
   *
   * @param loss mean over the examples
   * @param parts gradients of the weights; their sum is that of the loss
   */
  record Found(double loss, List<Params> parts) implements AutoCloseable {
    @Override
    public void close() {
      parts.forEach(Params::close);
    }
  }

  DataParallel(Network network, Objective objective, Params weights, GradientOptions arithmetic) {
    this.network = network;
    this.objective = objective;
    this.arithmetic = arithmetic;
    for (int i = 0; i < arithmetic.shards(); i++) {
      leaves.add(weights.map(Tensor::leaf));
      kernels.add(new TrainingKernels(arithmetic.precision()));
    }
    this.filters = new PackedFilters(weights);
    this.threads = new Workers("jiffusion-train", arithmetic.shards(), () -> Torch.threads(1));
  }

  /** Finds the gradient of the mean loss of these examples. */
  Found run(Examples examples, long step) {
    int count = leaves.size();
    int size = (examples.size() + count - 1) / count;
    List<Future<Double>> running = new ArrayList<>();
    List<Params> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = Math.min(examples.size(), i * size);
      int to = Math.min(examples.size(), from + size);
      int shard = i;
      if (from < to) {
        Params gradients = new Params();
        parts.add(gradients);
        Examples own = part(examples, from, to);
        running.add(
            threads.submit(
                () -> part(shard, own, examples.size(), step * count + shard, gradients)));
      }
    }
    try {
      double loss = 0;
      for (double part : Workers.all(running)) {
        loss += part;
      }
      return new Found(loss, parts);
    } catch (RuntimeException e) {
      parts.forEach(Params::close);
      throw e;
    }
  }

  private double part(int shard, Examples examples, int batch, long draw, Params gradients) {
    try (Scope scope = Scope.open();
        Tape tape =
            new Tape(
                leaves.get(shard),
                filters,
                gradients,
                kernels.get(shard),
                arithmetic.precision(),
                new Eager.Dropout(arithmetic.seed(), draw),
                arithmetic.recompute())) {
      Shape one = network.input();
      Tensor x =
          Tensor.of(examples.inputs(), examples.size(), one.size(0), one.size(1), one.size(2))
              .to(arithmetic.precision());
      Condition<Tape.Value> condition =
          Condition.classes(
              examples.classes() == null ? null : tape.given(Tensor.of(examples.classes())));
      Tape.Value label = tape.given(Tensor.of(examples.labels(), examples.size()));
      Tape.Value output = network.apply(tape, tape.given(x), label, condition);
      Tape.Value loss =
          tape.apply(
              output,
              result -> objective.loss(result.to(Precision.FP32), examples).times(1.0 / batch));
      tape.backward(loss);
      return tape.item(loss);
    }
  }

  private static Examples part(Examples all, int from, int to) {
    int in = all.inputs().length / all.size();
    int out = all.targets().length / all.size();
    return new Examples(
        Arrays.copyOfRange(all.inputs(), from * in, to * in),
        Arrays.copyOfRange(all.labels(), from, to),
        all.classes() == null ? null : Arrays.copyOfRange(all.classes(), from, to),
        Arrays.copyOfRange(all.targets(), from * out, to * out),
        Arrays.copyOfRange(all.weights(), from, to));
  }

  /** The weights of convolutions as all parts see them: to be changed with the weights. */
  PackedFilters filters() {
    return filters;
  }

  /** The kernels of each part; those of a part are for one thread at a time. */
  List<TrainingKernels> kernels() {
    return kernels;
  }

  /** Does the same with every slice of the parameters, each on a thread. */
  <T> List<T> each(List<ParameterShard> slices, Function<ParameterShard, T> work) {
    List<Future<T>> running = new ArrayList<>();
    slices.forEach(slice -> running.add(threads.submit(() -> work.apply(slice))));
    return Workers.all(running);
  }

  @Override
  public void close() {
    threads.close(); // before the memory that they use is freed
    leaves.forEach(Params::close);
    kernels.forEach(TrainingKernels::close);
    filters.close();
  }
}
