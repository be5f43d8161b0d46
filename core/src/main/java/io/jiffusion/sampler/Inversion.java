package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;

/**
 * Images as noise and back, by a deterministic sampler that walks its grid in the other direction
 * (Song, Meng, Ermon: Denoising diffusion implicit models, 2021, arXiv 2010.02502, section 5.4 and
 * table 2).
 *
 * <p>A network has not been trained without noise, so both ways are between the grid's first time
 * and its last one above 0, at which an image is taken as a state as it is.
 */
public final class Inversion {
  private Inversion() {}

  /**
   * The noise from which images would be sampled.
   *
   * @param sampler deterministic
   * @param walk that samples: its grid descends
   * @param images [B, C, H, W]
   * @return the states at the grid's first time
   */
  public static Batch encode(Sampler sampler, Walk walk, Batch images) {
    return sampler.sample(walk.over(noisy(walk.grid()).reversed(), walk.first()), images);
  }

  /** The images of such states. */
  public static Batch decode(Sampler sampler, Walk walk, Batch states) {
    return sampler.sample(walk.over(noisy(walk.grid()), walk.first()), states);
  }

  /**
   * How far images are from others: the mean squared difference of each, as the paper has it, in
   * values from 0 to 1 instead of −1 to 1, [B].
   */
  public static double[] error(Batch images, Batch others) {
    double[] error = Batch.lincomb(0.5, images, -0.5, others).norm();
    for (int image = 0; image < error.length; image++) {
      error[image] *= error[image] / images.imageSize();
    }
    return error;
  }

  /** The times between which both ways lead: the grid's without a last one of 0. */
  public static TimeGrid noisy(TimeGrid grid) {
    if (!grid.endsWithoutNoise()) {
      return grid;
    }
    if (grid.steps() < 2) {
      throw new IllegalArgumentException(
          "illegal steps: 1, must be 2 or more to encode images: the last one has no inverse");
    }
    return grid.part(0, grid.steps() - 1);
  }
}
