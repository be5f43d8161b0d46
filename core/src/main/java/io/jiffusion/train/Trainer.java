package io.jiffusion.train;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * Training, step by step: Algorithm 1 of DDPM (Ho, Jain, Abbeel 2020, arXiv 2006.11239) with AdamW
 * and an average of the weights.
 *
 * <p>Every draw belongs to (seed, step), so a trainer that is restored at step n goes on exactly as
 * one that never stopped. Used by one thread at a time.
 */
public final class Trainer implements AutoCloseable {

  /**
   * What a step did.
   *
   * @param step number of steps made, this one included
   * @param loss mean loss of the step's examples
   * @param gradientNorm before clipping
   */
  public record Step(long step, double loss, double gradientNorm) {}

  private final Objective objective;
  private final AdamW optimiser;
  private final Ema average;
  private final TrainingState state;
  private final DataParallel shards;
  private final List<ParameterShard> slices;
  private Prefetch prefetch;
  private long step;

  /** Prepares training from fresh weights. */
  public Trainer(
      Network network,
      Objective objective,
      AdamW optimiser,
      Ema average,
      GradientOptions arithmetic) {
    this(
        network,
        objective,
        optimiser,
        average,
        arithmetic,
        new Checkpoint(fresh(network, arithmetic.seed()), 0));
  }

  /** Prepares training from a checkpoint, whose state is closed with the trainer. */
  public Trainer(
      Network network,
      Objective objective,
      AdamW optimiser,
      Ema average,
      GradientOptions arithmetic,
      Checkpoint checkpoint) {
    this.objective = objective;
    this.optimiser = optimiser;
    this.average = average;
    this.state = checkpoint.state();
    this.step = checkpoint.step();
    this.shards = new DataParallel(network, objective, state.weights(), arithmetic);
    this.slices = ParameterShard.of(trained(network), state, shards.filters(), shards.kernels());
  }

  private static List<String> trained(Network network) {
    return Shapes.of(network, 1).parameters().stream()
        .filter(Parameter::trained)
        .map(Parameter::name)
        .toList();
  }

  private static TrainingState fresh(Network network, long seed) {
    Params weights = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        weights.put(parameter.name(), Tensor.of(parameter.fresh(seed), parameter.shape().sizes()));
      }
    }
    Function<Params, Params> zeros = like -> like.map(Tensor::zerosLike);
    return new TrainingState(
        weights,
        zeros.apply(weights),
        zeros.apply(weights),
        weights.map(parameter -> Tensor.of(new float[1], new long[0])),
        weights.map(Tensor::copy));
  }

  /**
   * Makes one step.
   *
   * @throws JiffusionException if loss or gradient are not finite; the weights are then those of
   *     the step before
   */
  public Step step() {
    if (prefetch == null) {
      prefetch = new Prefetch(objective, step);
    }
    double loss;
    double squares = 0;
    try (DataParallel.Found found = shards.run(prefetch.take(), step)) {
      loss = found.loss();
      for (float[] norms : shards.each(slices, slice -> slice.gather(found.parts()))) {
        for (float norm : norms) {
          squares += (double) norm * norm;
        }
      }
    }
    double norm = Math.sqrt(squares);
    if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
      throw new JiffusionException(
          "training diverged at step "
              + (step + 1)
              + ": the loss is "
              + loss
              + " and the gradient's norm "
              + norm
              + "; try a smaller learning rate (train.lr), a longer warm-up (train.warmup)"
              + " or a tighter limit of the gradient (train.clipNorm)");
    }
    double decay = average.at(step);
    shards.each(
        slices,
        slice -> {
          slice.update(optimiser, step, norm, decay);
          return null;
        });
    step++;
    return new Step(step, loss, norm);
  }

  /** Steps made so far, those before a restart included. */
  public long steps() {
    return step;
  }

  /** The present state: not a copy. */
  public TrainingState state() {
    return state;
  }

  @Override
  public void close() {
    if (prefetch != null) {
      prefetch.close();
    }
    shards.close();
    slices.forEach(ParameterShard::close);
    state.close();
  }
}
