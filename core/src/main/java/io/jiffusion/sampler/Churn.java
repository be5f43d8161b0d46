package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.NoiseLevels.Level;
import io.jiffusion.schedule.TimeRange;

/**
 * EDM's stochasticity: before a step the noise level is raised by adding fresh noise (Karras,
 * Aittala, Aila, Laine: Elucidating the design space of diffusion-based generative models, 2022,
 * arXiv 2206.00364, Algorithm 2, lines 4 to 6). A level above the schedule's largest is lowered to
 * that.
 *
 * @param amount S_churn, spread over the steps of the walk; a step raises its level by 41 % at most
 * @param min S_min, the smallest noise level that is raised
 * @param max S_max, the largest
 * @param noise S_noise, standard deviation of the fresh noise; 1, or a little more against the loss
 *     of detail
 */
public record Churn(double amount, double min, double max, double noise) {

  /** No churn: a deterministic sampler. */
  public static final Churn NONE = new Churn(0);

  public Churn {
    if (!(amount >= 0 && Double.isFinite(amount))) {
      throw new IllegalArgumentException(
          "illegal churn: " + amount + ", must be 0 or more; 0 is deterministic");
    }
    if (!(min >= 0 && min <= max)) {
      throw new IllegalArgumentException(
          "illegal churn: noise levels from "
              + min
              + " to "
              + max
              + ", must be from 0 or more to no less");
    }
    if (!(noise >= 0 && Double.isFinite(noise))) {
      throw new IllegalArgumentException(
          "illegal churn: noise " + noise + ", must be 0 or more; 1 is the level's own");
    }
  }

  /** Churn at all levels, with noise as large as the level says. */
  public Churn(double amount) {
    this(amount, 0, Double.POSITIVE_INFINITY, 1);
  }

  /** A state after its level was raised: x̂_i and t̂_i of the paper. */
  record Raised(Batch y, Level level) {}

  /** Raises the level before step k. */
  Raised raise(NoiseLevels levels, int k, Batch y, Level level) {
    Walk walk = levels.walk();
    // γ_i = min(S_churn/N, √2 − 1): no more new noise than there is already, section 4
    double gamma = Math.min(amount / walk.grid().steps(), Math.sqrt(2) - 1);
    boolean within =
        level.n() >= min * (1 - TimeRange.ROUNDING) && level.n() <= max * (1 + TimeRange.ROUNDING);
    if (gamma == 0 || !within) {
      return new Raised(y, level);
    }
    Level hat = levels.of(level.n() + gamma * level.n()); // t̂_i = t_i + γ_i·t_i, line 5
    double added = Math.sqrt(Math.max(0, hat.n() * hat.n() - level.n() * level.n()));
    // x̂_i = x_i + √(t̂_i² − t_i²)·ε_i, line 6
    return new Raised(Batch.lincomb(1, y, added * noise, walk.noise().batch(k, y)), hat);
  }
}
