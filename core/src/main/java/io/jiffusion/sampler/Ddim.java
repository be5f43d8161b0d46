package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.TimeGrid;

/**
 * DDIM (Song, Meng, Ermon: Denoising diffusion implicit models, 2021), on any schedule:
 * deterministic for eta 0, ancestral sampling with the small variance for eta 1.
 *
 * <p>The last step, to no noise, returns the predicted data.
 *
 * @param eta 0 or more, as long as no step's variance is above the noise variance at its end
 * @param sigmaHat the paper's σ̂: noise of the forward process's variance on the mean of eta 1
 * @param deriveEps whether the noise is derived again from the clipped data (OpenAI's code), or is
 *     the network's own, of the data before clipping (diffusers, DDIM's code); the same where
 *     nothing clips
 */
public record Ddim(double eta, boolean sigmaHat, boolean deriveEps) implements Sampler {

  public Ddim {
    if (!(eta >= 0 && Double.isFinite(eta))) {
      throw new IllegalArgumentException(
          "illegal eta: " + eta + ", must be 0 or more; 0 is deterministic, 1 is DDPM's noise");
    }
    if (sigmaHat && eta != 1) {
      throw new IllegalArgumentException(
          "illegal eta: " + eta + " with sigma-hat, must be 1, whose mean sigma-hat keeps");
    }
  }

  public Ddim(double eta) {
    this(eta, false, true);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    checkEta(walk);
    NoiseSchedule schedule = walk.schedule();
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Prediction prediction = walk.denoiser().at(xt, t);
          Batch x0 = prediction.x0();
          if (s == 0) {
            return x0;
          }
          Posterior posterior = Posterior.of(schedule, t, s);
          Batch eps =
              Batch.lincomb(
                  1 / schedule.sigma(t),
                  xt,
                  -schedule.alpha(t) / schedule.sigma(t),
                  deriveEps ? x0 : prediction.raw());
          double sigma = eta * Math.sqrt(posterior.variance()); // eq. 16
          double direction =
              Math.sqrt(Math.max(0, schedule.sigma(s) * schedule.sigma(s) - sigma * sigma));
          double noise = sigmaHat ? Math.sqrt(posterior.forward()) : sigma;
          return noise == 0
              ? Batch.lincomb(schedule.alpha(s), x0, direction, eps)
              : Batch.lincomb(
                  schedule.alpha(s),
                  x0,
                  direction,
                  eps,
                  noise,
                  walk.noise().batch(k, xt)); // eq. 12
        });
  }

  /** The largest eta for which no step of the grid adds more noise than its end has; 1 or more. */
  public static double largestEta(NoiseSchedule schedule, TimeGrid grid) {
    double largest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < grid.steps() && grid.time(k + 1) > 0; k++) {
      double noise = schedule.sigma(grid.time(k + 1));
      largest =
          Math.min(
              largest,
              noise / Math.sqrt(Posterior.of(schedule, grid.time(k), grid.time(k + 1)).variance()));
    }
    return largest;
  }

  private void checkEta(Walk walk) {
    double largest = largestEta(walk.schedule(), walk.grid());
    if (eta > largest * (1 + 1e-12)) {
      throw new IllegalArgumentException(
          "illegal eta: "
              + eta
              + ", must be at most "
              + largest
              + " on these "
              + walk.grid().steps()
              + " steps");
    }
  }
}
