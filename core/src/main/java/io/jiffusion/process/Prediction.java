package io.jiffusion.process;

/**
 * What a denoiser says of a noisy state.
 *
 * @param x0 the predicted data x̂0, [B, C, H, W]
 * @param variance the network's raw variance channels, [B, C, H, W]; null where it has none. Read only by ancestral sampling
 *     and the variational bound
 */
public record Prediction(Batch x0, Batch variance) {

  public Prediction(Batch x0) {
    this(x0, null);
  }
}
