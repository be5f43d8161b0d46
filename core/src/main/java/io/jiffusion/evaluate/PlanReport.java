package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.execute.PlanExecution;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shapes;
import io.jiffusion.pipeline.Executions;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.tensor.Precision;
import java.util.List;

/**
 * A network compiled as sampling does it, every operation measured for one block of images on one
 * thread.
 *
 * @param block images of a call
 * @param operations in their order
 * @param weightBytes of the packed weights, which all threads share
 * @param valueBytes of the values between operations, which every thread has
 * @param unsharedBytes what these would take if no two shared a place
 */
public record PlanReport(
    String precision,
    int block,
    List<Operation> operations,
    long weightBytes,
    long valueBytes,
    long unsharedBytes) {
  private static final int ROUNDS = 15;

  /**
   * One operation of a plan.
   *
   * @param name of the parameters that it uses, or what it does
   * @param kind such as {@code conv3x3}
   * @param kernel oneDNN's name of what does it; empty if there are several
   * @param flops additions and multiplications for one block
   * @param seconds for one block
   */
  public record Operation(String name, String kind, String kernel, double flops, double seconds) {}

  /** Of a preset's network, whose weights are not trained. */
  public static PlanReport of(RunConfig config, ModelOptions options) {
    Network network = config.network().network();
    String precision = Precision.of(options.precision()).toString();
    ModelOptions single = new ModelOptions(precision, 1, options.block());
    return of(Executions.fresh(network, single), precision);
  }

  /**
   * Of a model.
   *
   * @throws IllegalArgumentException if it is an autoencoder, which is two networks
   * @throws JiffusionException if its network cannot be compiled here
   */
  public static PlanReport of(StoredModel stored, ModelOptions options) {
    NetworkConfig config = stored.run().config().network();
    Check.that(!config.isAutoencoder(), "model", "of an autoencoder", "must have one network");
    String precision = Precision.of(options.precision()).toString();
    ModelOptions single = new ModelOptions(precision, 1, options.block());
    return of(Executions.load(stored, config.network(), single), precision);
  }

  private static PlanReport of(Execution execution, String precision) {
    try (execution) {
      if (!(execution instanceof PlanExecution plan)) {
        throw new JiffusionException("this network is not compiled here but runs on libtorch");
      }
      PlanExecution.Profile profile = plan.profile(ROUNDS, Shapes.CONTEXT);
      return new PlanReport(
          precision,
          execution.block(),
          profile.operations().stream()
              .map(o -> new Operation(o.name(), o.kind(), o.kernel(), o.flops(), o.seconds()))
              .toList(),
          profile.weightBytes(),
          profile.valueBytes(),
          profile.unsharedBytes());
    }
  }

  /** All of it as JSON on one line. */
  public String toJson() {
    return Tree.of(this).toJson();
  }
}
