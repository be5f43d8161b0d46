package io.jiffusion.process;

/** A denoiser that can also be differentiated: for likelihoods, and guidance through the model. */
public interface Differentiable extends Denoiser {

  /**
   * Pulls a gradient back from the predicted data to the state: {@code Jᵀ·cotangent}, with J the
   * derivative of each image's x̂0 with respect to its x_t.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of each image, [B]
   * @param cotangent a gradient with respect to the predicted data, [B, C, H, W]
   * @return the gradient with respect to the states, [B, C, H, W]
   * @throws UnsupportedOperationException if the model underneath cannot differentiate
   */
  Batch pullback(Batch xt, double[] t, Batch cotangent);
}
