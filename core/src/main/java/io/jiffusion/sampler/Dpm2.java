package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.Churn.Raised;
import io.jiffusion.sampler.NoiseLevels.Level;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * The midpoint method on the probability flow in {@code (x/alpha, sigma/alpha)}, with the midpoint
 * of DPM-Solver-2 (Lu et al. 2022, arXiv 2206.00927, Algorithm 1), halfway in log noise level, and
 * EDM's churn (Karras et al. 2022, arXiv 2206.00364, Algorithm 2): {@code sample_dpm_2} of
 * k-diffusion's {@code sampling.py}. A step to no noise is Euler's.
 */
public record Dpm2(Churn churn) implements Sampler {

  /** Without churn. */
  public Dpm2() {
    this(Churn.NONE);
  }

  @Override
  public boolean stochastic() {
    return churn.amount() > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    // σ_mid = √(σ̂·σ_next), y_mid = ŷ + (σ_mid − σ̂)·d(ŷ), y_next = ŷ + (σ_next − σ̂)·d(y_mid)
    return levels.run(
        x,
        (k, y, from, to) -> {
          Raised hat = churn.raise(levels, k, y, from);
          double n = hat.level().n();
          Batch x0 = levels.x0(hat.y(), hat.level());
          if (to.n() == 0) {
            return x0;
          }
          Level middle = levels.of(Math.sqrt(n * to.n()));
          Batch halfway = NoiseLevels.euler(hat.y(), x0, n, middle.n());
          return Batch.lincomb(1, hat.y(), to.n() - n, levels.slope(halfway, middle));
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + grid.noisySteps());
  }
}
