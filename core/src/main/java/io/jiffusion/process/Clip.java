package io.jiffusion.process;

/**
 * A denoiser whose predicted data is moved into a range: images are in [−1, 1], so no good guess
 * lies outside. Wrong for latents, which have no such range.
 *
 * @param denoiser what predicts; guidance belongs inside
 * @param low smallest value
 * @param high largest value
 */
public record Clip(Denoiser denoiser, double low, double high) implements PerImage {

  public Clip {
    if (!(low < high)) {
      throw new IllegalArgumentException("illegal range: " + low + " to " + high + ", must ascend");
    }
  }

  /** The range of images. */
  public Clip(Denoiser denoiser) {
    this(denoiser, -1, 1);
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    Prediction prediction = denoiser.at(xt, t);
    return prediction.clipped(prediction.x0().clamp(low, high));
  }
}
