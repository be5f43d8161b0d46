package io.jiffusion.process;

/**
 * The best guess of the data behind a noisy state: what a sampler walks. One method, so that a
 * user's own is a lambda.
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
}
