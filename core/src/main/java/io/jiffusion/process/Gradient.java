package io.jiffusion.process;

/**
 * The gradient of a log probability with respect to a noisy state, such as a classifier's {@code ∇
 * log p(y | x_t)}: which way to change a state so that it is more what is wanted.
 */
@FunctionalInterface
public interface Gradient {

  /**
   * The gradient at the states.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of each image, [B]
   * @return in the shape of xt
   */
  Batch at(Batch xt, double[] t);
}
