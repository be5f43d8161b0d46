package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * Between two states of pure noise, along the great circle: what lies between is as long as they
 * are, and so as likely, where a straight line would pass through states that are never sampled
 * (Song, Meng, Ermon: Denoising diffusion implicit models, 2021, arXiv 2010.02502, section 5.3;
 * Shoemake: Animating rotation with quaternion curves, 1985).
 */
public final class Interpolation {
  private static final double SMALL_ANGLE = 1e-6;

  private Interpolation() {}

  /**
   * Spherical interpolation, image by image.
   *
   * @param fraction 0 is the first, 1 the second
   */
  public static Batch slerp(Batch from, Batch to, double fraction) {
    // sin((1 − f)·θ)/sin θ·x + sin(f·θ)/sin θ·y, θ being the angle between x and y
    double[] a = new double[from.images()];
    double[] b = new double[from.images()];
    double[] lengths = from.norm();
    double[] others = to.norm();
    double[] products = from.dot(to);
    for (int image = 0; image < a.length; image++) {
      double cosine = products[image] / (lengths[image] * others[image]);
      double angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
      boolean straight = !(angle > SMALL_ANGLE); // also where a state is all zeros
      a[image] = straight ? 1 - fraction : Math.sin((1 - fraction) * angle) / Math.sin(angle);
      b[image] = straight ? fraction : Math.sin(fraction * angle) / Math.sin(angle);
    }
    return Batch.lincomb(new double[][] {a, b}, from, to);
  }

  /**
   * Evenly spaced states from one to the other, both included.
   *
   * @param from one image
   * @param to one image
   * @param count 2 or more
   * @return [count, C, H, W]
   */
  public static Batch path(Batch from, Batch to, int count) {
    if (count < 2) {
      throw new IllegalArgumentException(
          "illegal number of images: " + count + ", must be 2 or more: the ends are among them");
    }
    Batch path = from;
    for (int i = 1; i < count - 1; i++) {
      path = path.concat(slerp(from, to, i / (count - 1.0)));
    }
    return path.concat(to);
  }
}
