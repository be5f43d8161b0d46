package io.jiffusion.process;

import java.util.Arrays;

/** A denoiser that is told the class of each image: what a network with classes is. */
@FunctionalInterface
public interface ConditionalDenoiser {

  /**
   * Predicts the data.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of each image, [B]
   * @param classes one for each image, [B]; null for a model without classes
   */
  Prediction at(Batch xt, double[] t, int[] classes);

  /** Predicts the data of images that are all at one time. */
  default Prediction at(Batch xt, double t, int[] classes) {
    return of(classes).at(xt, t);
  }

  /**
   * Pulls a gradient back from the predicted data to the state, as {@link Differentiable#pullback}
   * does.
   *
   * @throws UnsupportedOperationException if this model cannot differentiate
   */
  default Batch pullback(Batch xt, double[] t, int[] classes, Batch cotangent) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName() + " predicts only: its derivative is not known");
  }

  /** The denoiser of images of these classes; null for a model without classes. */
  default Conditioned of(int... classes) {
    return new Conditioned(this, classes);
  }

  /** The denoiser of so many images of one class. */
  default Conditioned all(int images, int ofClass) {
    int[] classes = new int[images];
    Arrays.fill(classes, ofClass);
    return of(classes);
  }
}
