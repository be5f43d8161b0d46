package io.jiffusion.process;

import java.util.Arrays;

/** A denoiser that takes every image at its own time in one evaluation. */
public interface PerImage extends Denoiser {

  /**
   * Predicts the data.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of each image, [B]
   */
  @Override
  Prediction at(Batch xt, double[] t);

  @Override
  default Prediction at(Batch xt, double t) {
    double[] times = new double[xt.images()];
    Arrays.fill(times, t);
    return at(xt, times);
  }
}
