package io.jiffusion.train;

import io.jiffusion.execute.Eager;
import io.jiffusion.network.Condition;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.run.Workers;
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
 * The gradient of a batch, computed in parts, each on a thread of its own with gradients of its own
 * on the shared weights.
 */
final class Shards implements AutoCloseable {
  private final Network network;
  private final Objective objective;
  private final Precision precision;
  private final long seed;
  private final List<Params> leaves = new ArrayList<>();
  private final Workers threads;

  Shards(
      Network network,
      Objective objective,
      Params weights,
      Precision precision,
      long seed,
      int count) {
    this.network = network;
    this.objective = objective;
    this.precision = precision;
    this.seed = seed;
    for (int i = 0; i < count; i++) {
      leaves.add(weights.map(Tensor::leaf));
    }
    this.threads = new Workers("jiffusion-train", count, () -> Torch.threads(1));
  }

  /** Computes the parts' gradients of the mean loss of these examples; returns that loss. */
  double run(Examples examples, long step) {
    int count = leaves.size();
    int each = (examples.size() + count - 1) / count;
    List<Future<Double>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = Math.min(examples.size(), i * each);
      int to = Math.min(examples.size(), from + each);
      int shard = i;
      if (from < to) {
        running.add(
            threads.submit(
                () ->
                    part(shard, part(examples, from, to), examples.size(), step * count + shard)));
      }
    }
    double loss = 0;
    for (double part : Workers.all(running)) {
      loss += part;
    }
    return loss;
  }

  private double part(int shard, Examples examples, int batch, long draw) {
    try (Scope scope = Scope.open()) {
      Shape one = network.input();
      Tensor x =
          Tensor.of(examples.inputs(), examples.size(), one.size(0), one.size(1), one.size(2))
              .to(precision);
      Tensor label = Tensor.of(examples.labels(), examples.size());
      Condition<Tensor> condition =
          Condition.classes(examples.classes() == null ? null : Tensor.of(examples.classes()));
      Eager ops = Eager.training(leaves.get(shard), precision, new Eager.Dropout(seed, draw));
      Tensor output = network.apply(ops, x, label, condition).to(Precision.FP32);
      Tensor loss = objective.loss(output, examples).times(1.0 / batch);
      loss.backward();
      return loss.item();
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

  /** The weights as each shard sees them, with a gradient of its own. */
  List<Params> leaves() {
    return leaves;
  }

  /** Does the same with every slice of the parameters, each on a thread. */
  <T> List<T> each(List<Slice> slices, Function<Slice, T> work) {
    List<Future<T>> running = new ArrayList<>();
    slices.forEach(slice -> running.add(threads.submit(() -> work.apply(slice))));
    return Workers.all(running);
  }

  @Override
  public void close() {
    threads.close(); // before the memory that they use is freed
    leaves.forEach(Params::close);
  }
}
