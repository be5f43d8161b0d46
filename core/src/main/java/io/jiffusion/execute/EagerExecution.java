package io.jiffusion.execute;

import io.jiffusion.network.Condition;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;

/** Runs a network operation by operation on libtorch; it can differentiate. */
public final class EagerExecution extends BlockExecution {
  private final Params params;
  private final Params formats = new Params();
  private final Precision precision;

  /** The block that fits a network: about 2 GFLOP a call. */
  public static int blockFor(Network network) {
    return blockFor(network, 2_000_000_000);
  }

  /**
   * Makes an execution.
   *
   * @param params the weights, float32; closed with the execution
   * @param block images that one network call sees, at least 1
   * @param threads at least 1
   */
  public EagerExecution(
      Network network, Params params, Precision precision, int block, int threads) {
    super(network, block, threads, () -> Torch.threads(1));
    this.params = params;
    this.precision = precision;
  }

  @Override
  public String precision() {
    return precision.toString();
  }

  @Override
  public float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    check(x, images, labels, conditions);
    if (cotangent.length != images * output.count()) {
      throw new IllegalArgumentException(
          "illegal cotangent: "
              + cotangent.length
              + " values, must be "
              + images * output.count()
              + ", one for each value of the output");
    }
    return inBlocks(
        images,
        (int) input().count(),
        (first, count) ->
            backward(
                block(x, images, first, count),
                block(labels, images, first, count),
                block(conditions, images, first, count),
                block(cotangent, images, first, count)));
  }

  @Override
  float[] forward(float[] x, float[] labels, Conditions conditions) {
    try (Scope scope = Scope.open()) {
      Scope.gradients(false);
      return apply(tensor(x), labels, conditions).floats();
    }
  }

  /** The gradient with respect to the input for one whole block. */
  private float[] backward(float[] x, float[] labels, Conditions conditions, float[] cotangent) {
    try (Scope scope = Scope.open()) {
      Scope.gradients(true);
      Tensor input = tensor(x).leaf();
      Tensor result = apply(input, labels, conditions).to(Precision.FP32);
      result.times(Tensor.of(cotangent, result.sizes())).sum().backward();
      return input.takeGradient().floats();
    }
  }

  private Tensor tensor(float[] x) {
    Shape one = input();
    return Tensor.of(x, block, one.size(0), one.size(1), one.size(2));
  }

  private Tensor apply(Tensor x, float[] labels, Conditions conditions) {
    return network.apply(
        Eager.inference(params, formats, precision),
        x.to(precision),
        Tensor.of(labels, block),
        condition(conditions));
  }

  private Condition<Tensor> condition(Conditions given) {
    int[] classes = given.classes();
    float[] context = given.context();
    float[] image = given.image();
    float[] augment = given.augment();
    long width = network.contextWidth();
    Shape beside = network.image();
    return new Condition<>(
        classes == null ? null : Tensor.of(classes),
        context == null
            ? null
            : Tensor.of(context, block, context.length / block / width, width).to(precision),
        image == null
            ? null
            : Tensor.of(image, block, beside.size(0), beside.size(1), beside.size(2)).to(precision),
        augment == null ? null : Tensor.of(augment, block, network.augmentWidth()));
  }

  @Override
  public void close() {
    threads.close(); // before the memory that they use is freed
    formats.close();
    params.close();
  }
}
