package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * Conditioning by replacement: after each step the part of the state that is known is replaced by
 * the known data, noised to the time that the step has reached; at no noise, by the data (Song et
 * al.: Score-based generative modeling through stochastic differential equations, 2021, arXiv
 * 2011.13456, appendices I.2, imputation, and I.3, colourisation; with block means Choi et al.:
 * ILVR: conditioning method for denoising diffusion probabilistic models, 2021, arXiv 2108.02938).
 *
 * <p>The rest sees the known part through the network alone, one noise level late, so it fits less
 * well than samples of the exact conditional distribution would; {@link RePaint} mends that.
 *
 * @param image whose part is known, [B, C, H, W]
 * @param part which part
 * @param schedule to which the states belong
 * @param noise of the known part, one draw for each step: {@code Noise.keyed(Purpose.KNOWN, seeds)}
 */
public record ReplacementConstraint(Batch image, Part part, NoiseSchedule schedule, Noise noise)
    implements Walk.Constraint {

  /** A part of an image: what an orthogonal projection keeps of it. */
  @FunctionalInterface
  public interface Part {
    /** The state x with this part of it replaced by that of the other. */
    Batch replace(Batch x, Batch other);
  }

  @Override
  public Batch apply(int k, double t, Batch x) {
    // x ← [z(t); Ω̂(x(t))]: the unknown part stays, the known one is alpha·y + sigma·noise
    return part.replace(
        x,
        t == 0
            ? image
            : Batch.lincomb(schedule.alpha(t), image, schedule.sigma(t), noise.batch(k, x)));
  }

  /**
   * Some pixels, for inpainting.
   *
   * @param mask 1 where a pixel is known, 0 where not, [1 or B, 1 or C, H, W]
   * @throws IllegalArgumentException if a value is not 0 or 1
   */
  public static Part pixels(Batch mask) {
    for (double value : mask.data()) {
      if (value != 0 && value != 1) {
        throw new IllegalArgumentException(
            "illegal mask: " + value + ", must be 1 (known) or 0 (to be made) everywhere");
      }
    }
    return (x, other) -> {
      check(mask, x);
      double[] out = x.data().clone();
      int plane = x.height() * x.width();
      for (int i = 0; i < out.length; i++) {
        int image = mask.images() == 1 ? 0 : i / x.imageSize();
        int channel = mask.channels() == 1 ? 0 : i / plane % x.channels();
        if (mask.data()[(image * mask.channels() + channel) * plane + i % plane] == 1) {
          out[i] = other.data()[i];
        }
      }
      return x.with(out);
    };
  }

  /** The mean of the channels, that is the picture in grey, for colourisation. */
  public static Part gray() {
    return (x, other) -> replaceMeans(x, other, x.channels(), 1);
  }

  /**
   * The mean of each square of pixels, that is the picture at a lower resolution, for
   * super-resolution.
   *
   * @param side of a square, a divisor of height and width
   */
  public static Part blocks(int side) {
    if (side < 1) {
      throw new IllegalArgumentException("illegal block: " + side + ", must be 1 or more");
    }
    return (x, other) -> {
      if (x.height() % side != 0 || x.width() % side != 0) {
        throw new IllegalArgumentException(
            "illegal block: "
                + side
                + ", must divide the images' height "
                + x.height()
                + " and width "
                + x.width());
      }
      return replaceMeans(x, other, 1, side);
    };
  }

  /** Moves every box of values, so that its mean is that of the other's. */
  private static Batch replaceMeans(Batch x, Batch other, int depth, int side) {
    double[] out = x.data().clone();
    int plane = x.height() * x.width();
    int layers = x.images() * x.channels();
    for (int layer = 0; layer < layers; layer += depth) {
      for (int top = 0; top < x.height(); top += side) {
        for (int left = 0; left < x.width(); left += side) {
          int corner = layer * plane + top * x.width() + left;
          double move = 0;
          for (int d = 0; d < depth; d++) {
            for (int row = 0; row < side; row++) {
              for (int column = 0; column < side; column++) {
                int i = corner + d * plane + row * x.width() + column;
                move += other.data()[i] - x.data()[i];
              }
            }
          }
          for (int d = 0; d < depth; d++) {
            for (int row = 0; row < side; row++) {
              for (int column = 0; column < side; column++) {
                out[corner + d * plane + row * x.width() + column] += move / (depth * side * side);
              }
            }
          }
        }
      }
    }
    return x.with(out);
  }

  private static void check(Batch mask, Batch x) {
    boolean fits =
        (mask.images() == 1 || mask.images() == x.images())
            && (mask.channels() == 1 || mask.channels() == x.channels())
            && mask.height() == x.height()
            && mask.width() == x.width();
    if (!fits) {
      throw new IllegalArgumentException(
          "illegal mask: %d of %dx%dx%d, must be 1 or %d of 1 or %d channels, %dx%d"
              .formatted(
                  mask.images(),
                  mask.channels(),
                  mask.height(),
                  mask.width(),
                  x.images(),
                  x.channels(),
                  x.height(),
                  x.width()));
    }
  }
}
