package io.jiffusion.network;

/**
 * A network and its weights made to run: floats in, floats out. The one door between plain Java and
 * a native engine.
 *
 * <p>The images of a call are cut into blocks of {@link #block()} images, the last one padded, and
 * the blocks are spread over the execution's own threads; so an image's result depends on the block
 * size alone, never on how many images or threads there are. Safe for use from any thread; calls
 * queue.
 */
public interface Execution extends AutoCloseable {

  /**
   * Evaluates the network.
   *
   * @param x the input, [images, C, H, W] row-major
   * @param images how many images {@code x} holds, at least 1
   * @param labels the time label of each image, [images]
   * @param conditions what else the network takes for each image
   * @return the output, [images, C', H', W'] row-major
   */
  float[] evaluate(float[] x, int images, float[] labels, Conditions conditions);

  /**
   * Pulls a gradient back from the output to the input: {@code Jᵀ·cotangent}, with J the derivative
   * of each image's output with respect to its input. By reverse differentiation, at about three
   * times the cost of {@link #evaluate}; it depends on the block size as that does.
   *
   * @param x the input, [images, C, H, W] row-major
   * @param images how many images {@code x} holds, at least 1
   * @param labels the time label of each image, [images]
   * @param conditions what else the network takes for each image
   * @param cotangent a gradient with respect to the output, in the shape of the output
   * @return the gradient with respect to the input, in the shape of {@code x}
   * @throws UnsupportedOperationException if this execution cannot differentiate
   */
  default float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName()
            + " runs a network forwards only: what needs the network's gradient (classifier"
            + " guidance, exact likelihood) needs an execution that can differentiate,"
            + " as EagerExecution can");
  }

  /** In what the network computes: fp32 or bf16. */
  default String precision() {
    return "fp32";
  }

  /** Images that one network call sees. */
  int block();

  /** Shape of one input image. */
  Shape input();

  /**
   * Channels of the output: those of the input, or twice as many if the network learns the
   * variance.
   */
  int outputChannels();

  @Override
  void close();
}
