package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.NoiseLevels.Level;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * {@link Dpm2} with ancestral noise, {@code sample_dpm_2_ancestral} of k-diffusion's {@code
 * sampling.py}: a midpoint step along the flow to a level below the next one, then up to that by
 * fresh noise.
 *
 * @param eta 0: {@link Dpm2}; 1: the noise of ancestral sampling
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 */
public record Dpm2Ancestral(double eta, double noise) implements Sampler {

  public Dpm2Ancestral {
    AncestralStep.check(eta, noise);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    // σ_mid = √(σ·σ_down), y_next = y + (σ_down − σ)·d(y_mid) + σ_up·z
    return levels.run(
        x,
        (k, y, from, to) -> {
          AncestralStep step = AncestralStep.of(from.n(), to.n(), eta);
          Batch x0 = levels.x0(y, from);
          if (step.down() == 0) {
            return step.up(walk, k, x0, noise);
          }
          Level middle = levels.of(Math.sqrt(from.n() * step.down()));
          Batch halfway = NoiseLevels.euler(y, x0, from.n(), middle.n());
          Batch d = levels.slope(halfway, middle);
          return step.up(walk, k, Batch.lincomb(1, y, step.down() - from.n(), d), noise);
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return AncestralStep.evaluations(grid, eta);
  }
}
