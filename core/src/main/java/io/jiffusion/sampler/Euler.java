package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.Churn.Raised;

/**
 * Euler's method on the probability flow in {@code (x/alpha, sigma/alpha)}, with EDM's churn
 * (Karras et al. 2022, Algorithm 2 without its second half). Without churn it is {@link Ddim} with
 * eta 0.
 */
public record Euler(Churn churn) implements Sampler {

  /** Without churn. */
  public Euler() {
    this(Churn.NONE);
  }

  @Override
  public boolean stochastic() {
    return churn.amount() > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    return levels.run(
        x,
        (k, y, from, to) -> {
          Raised hat = churn.raise(levels, k, y, from);
          Batch x0 = levels.x0(hat.y(), hat.level());
          return NoiseLevels.euler(hat.y(), x0, hat.level().n(), to.n());
        });
  }
}
