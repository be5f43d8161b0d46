package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.TimeGrid;

/**
 * DDIM (Song, Meng, Ermon: Denoising diffusion implicit models, 2021, arXiv 2010.02502), the whole
 * non-Markovian family, on any schedule: deterministic for eta 0, ancestral sampling with the small
 * variance for eta 1, and whatever a sigma of your own makes it. The paper's α is alpha² here.
 *
 * <p>The last step, to no noise, returns the predicted data. On an ascending grid, where sigma must
 * be 0, it encodes data as noise.
 *
 * @param sigma the noise that a step adds, and takes out of the state to make room for it
 * @param sigmaHat the paper's σ̂ (section 5): noise of the forward process's variance on the mean
 *     of eta 1
 * @param deriveEps whether the noise is derived again from the clipped data (OpenAI's code), or is
 *     the network's own, of the data before clipping (diffusers, DDIM's code); the same where
 *     nothing clips
 */
public record Ddim(Sigma sigma, boolean sigmaHat, boolean deriveEps) implements Sampler {

  /** The paper's σ of each step, which tells the members of the family apart. */
  @FunctionalInterface
  public interface Sigma {
    /**
     * Standard deviation of the noise of the step from t to s, from 0 to {@code schedule.sigma(s)}.
     */
    double of(NoiseSchedule schedule, double t, double s);
  }

  /**
   * The family's line from deterministic to ancestral sampling (eq. 16).
   *
   * @param eta 0 or more, as long as no step's variance is above the noise variance at its end
   */
  public record Eta(double eta) implements Sigma {
    public Eta {
      if (!(eta >= 0 && Double.isFinite(eta))) {
        throw new IllegalArgumentException(
            "illegal eta: " + eta + ", must be 0 or more; 0 is deterministic, 1 is DDPM's noise");
      }
    }

    @Override
    public double of(NoiseSchedule schedule, double t, double s) {
      // σ(η) = η·√((1 − α_s)/(1 − α_t))·√(1 − α_t/α_s), eq. 16
      return eta == 0 ? 0 : eta * Math.sqrt(Posterior.of(schedule, t, s).variance());
    }
  }

  public Ddim {
    if (sigmaHat && !sigma.equals(new Eta(1))) {
      throw new IllegalArgumentException(
          "illegal sigma: " + sigma + " with sigma-hat, must be eta 1, whose mean sigma-hat keeps");
    }
  }

  /** The member of the family on the line of eq. 16. */
  public Ddim(double eta, boolean sigmaHat, boolean deriveEps) {
    this(new Eta(eta), sigmaHat, deriveEps);
  }

  /** Deterministic for eta 0, ancestral for eta 1; the noise derived from clipped data. */
  public Ddim(double eta) {
    this(eta, false, true);
  }

  @Override
  public boolean stochastic() {
    return !sigma.equals(new Eta(0));
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    check(walk.schedule(), walk.grid());
    NoiseSchedule schedule = walk.schedule();
    // x_s = √α_s·x̂0 + √(1 − α_s − σ²)·ε + σ·z: predicted x0, direction to x_t, noise; eq. 12
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Prediction prediction = walk.denoiser().at(xt, t);
          Batch x0 = prediction.x0();
          if (s == 0) {
            return x0;
          }
          double sigma = this.sigma.of(schedule, t, s);
          double direction =
              Math.sqrt(Math.max(0, (schedule.sigma(s) - sigma) * (schedule.sigma(s) + sigma)));
          // σ̂ = √(1 − α_t/α_s)
          double noise = sigmaHat ? Math.sqrt(Posterior.of(schedule, t, s).forward()) : sigma;
          // ε = (x_t − √α_t·x̂0)/√(1 − α_t), eq. 9 the other way round
          Batch eps =
              Batch.lincomb(
                  1 / schedule.sigma(t),
                  xt,
                  -schedule.alpha(t) / schedule.sigma(t),
                  deriveEps ? x0 : prediction.raw());
          Batch mean = Batch.lincomb(schedule.alpha(s), x0, direction, eps);
          return noise == 0 ? mean : Batch.lincomb(1, mean, noise, walk.noise().batch(k, xt));
        });
  }

  /** The largest eta for which no step of the grid adds more noise than its end has; 1 or more. */
  public static double largestEta(NoiseSchedule schedule, TimeGrid grid) {
    double largest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < grid.steps() && grid.time(k + 1) > 0; k++) {
      double most = new Eta(1).of(schedule, grid.time(k), grid.time(k + 1));
      largest = Math.min(largest, schedule.sigma(grid.time(k + 1)) / most);
    }
    return largest;
  }

  private void check(NoiseSchedule schedule, TimeGrid grid) {
    for (int k = 0; k < grid.steps() && grid.time(k + 1) > 0; k++) {
      double most = schedule.sigma(grid.time(k + 1));
      double value = sigma.of(schedule, grid.time(k), grid.time(k + 1));
      if (value >= 0 && value <= most * (1 + 1e-12)) {
        continue;
      }
      throw new IllegalArgumentException(
          sigma instanceof Eta line
              ? "illegal eta: "
                  + line.eta
                  + ", must be at most "
                  + largestEta(schedule, grid)
                  + " on these "
                  + grid.steps()
                  + " steps"
              : "illegal sigma: "
                  + value
                  + " in the step from t = "
                  + grid.time(k)
                  + " to "
                  + grid.time(k + 1)
                  + ", must be from 0 to "
                  + most
                  + ", the noise at its end");
    }
  }
}
