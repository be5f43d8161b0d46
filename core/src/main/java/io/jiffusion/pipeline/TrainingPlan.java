package io.jiffusion.pipeline;

import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Shapes;
import io.jiffusion.tensor.Precision;

/**
 * What a training would do, without doing it.
 *
 * @param images training examples, the mirrored ones not counted
 * @param classes that they belong to; 0 for none
 * @param parameters numbers learned
 * @param stateBytes weights, their average, gradients and the two moments of AdamW
 * @param batchBytes about what a step keeps for the gradient: every layer's output, once
 */
public record TrainingPlan(
    int images, int classes, long parameters, long stateBytes, long batchBytes) {
  /** Weight, average, gradient, two moments. */
  private static final int FLOATS = 5;

  /**
   * Reads the data and counts.
   *
   * @throws io.jiffusion.base.JiffusionException if the data are missing or do not fit
   */
  public static TrainingPlan of(RunConfig config) {
    Dataset data = config.dataset();
    Shapes shapes = Shapes.of(config.network().network(), 1);
    long parameters = shapes.parameters().stream().mapToLong(p -> p.shape().count()).sum();
    long outputs = shapes.operations().stream().mapToLong(o -> o.output().count()).sum();
    boolean half = !Precision.of(config.train().precision()).toString().equals("fp32");
    return new TrainingPlan(
        data.size(),
        data.classes(),
        parameters,
        parameters * FLOATS * Float.BYTES,
        outputs * config.train().batch() * (half ? Short.BYTES : Float.BYTES));
  }
}
