package io.jiffusion.process;

/**
 * The best guess of the data behind a noisy state: what a sampler walks. A user's own is a lambda.
 */
@FunctionalInterface
public interface Denoiser {

  /**
   * Predicts the data at time t.
   *
   * @param xt states, [B, C, H, W]
   * @param t the time of all of them, on the schedule's axis
   */
  Prediction at(Batch xt, double t);

  /**
   * Predicts the data, each image at its own time: for steps that adapt to the image.
   *
   * <p>As it stands the whole batch is evaluated at every time that occurs; a denoiser that can do
   * better says how.
   *
   * @param t the time of each image, [B]
   */
  default Prediction at(Batch xt, double[] t) {
    Prediction all = at(xt, t[0]);
    for (int image = 1; image < t.length; image++) {
      if (t[image] != t[image - 1]) {
        all = all.withImages(image, at(xt, t[image]));
      }
    }
    return all;
  }
}
