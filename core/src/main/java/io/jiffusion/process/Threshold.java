package io.jiffusion.process;

import java.util.Arrays;

/**
 * Dynamic thresholding: a quantile of an image's predicted |x̂0|, where it is above the limit,
 * becomes the limit of that image; values are moved into it, and scaled back to [−1, 1] (Saharia et
 * al.: Photorealistic text-to-image diffusion models with deep language understanding, 2022, arXiv
 * 2205.11487). Keeps strong guidance from saturating. Static thresholding is {@link Clip}. Wrong
 * for latents, which have no range.
 *
 * @param denoiser what predicts; guidance belongs inside
 * @param quantile from 0 to 1; 0.995 in the paper's comparison and in DPM-Solver
 * @param limit the least divisor of an image, 1 in the paper
 * @param most the largest, infinite in the paper; diffusers' {@code sample_max_value}
 */
public record Threshold(Denoiser denoiser, double quantile, double limit, double most)
    implements PerImage {

  public Threshold {
    if (!(quantile >= 0 && quantile <= 1)) {
      throw new IllegalArgumentException("illegal quantile: " + quantile + ", must be from 0 to 1");
    }
    if (!(limit > 0 && Double.isFinite(limit))) {
      throw new IllegalArgumentException("illegal threshold: " + limit + ", must be above 0");
    }
    if (!(most >= limit)) {
      throw new IllegalArgumentException(
          "illegal largest threshold: " + most + ", must be at least the limit " + limit);
    }
  }

  /** Without a largest divisor. */
  public Threshold(Denoiser denoiser, double quantile, double limit) {
    this(denoiser, quantile, limit, Double.POSITIVE_INFINITY);
  }

  /** Thresholding with the numbers of the paper. */
  public Threshold(Denoiser denoiser) {
    this(denoiser, 0.995, 1);
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    Prediction prediction = denoiser.at(xt, t);
    double[] x0 = prediction.x0().data().clone();
    int size = xt.imageSize();
    // s: a quantile of |x̂0|; if s > 1, x̂0 ← clip(x̂0, −s, s)/s
    for (int from = 0; from < x0.length; from += size) {
      double s = Math.min(Math.max(quantileOfMagnitudes(x0, from, size), limit), most);
      for (int i = from; i < from + size; i++) {
        x0[i] = Math.min(s, Math.max(-s, x0[i])) / s;
      }
    }
    return prediction.clipped(xt.with(x0));
  }

  /** Between two values of the sorted image, linearly. */
  private double quantileOfMagnitudes(double[] x0, int from, int size) {
    double[] sorted = new double[size];
    Arrays.setAll(sorted, i -> Math.abs(x0[from + i]));
    Arrays.sort(sorted);
    double position = quantile * (size - 1);
    int below = (int) position;
    int above = Math.min(below + 1, size - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
