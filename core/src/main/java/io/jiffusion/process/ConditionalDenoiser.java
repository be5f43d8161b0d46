package io.jiffusion.process;

/** A denoiser of images of given classes. */
@FunctionalInterface
public interface ConditionalDenoiser {

  /**
   * Predicts the data at time t.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of all of them
   * @param classes one for each image, [B]; null for a model without classes
   */
  Prediction at(Batch xt, double t, int[] classes);

  /** The denoiser of images of these classes. */
  default Denoiser of(int... classes) {
    return (xt, t) -> at(xt, t, classes);
  }
}
