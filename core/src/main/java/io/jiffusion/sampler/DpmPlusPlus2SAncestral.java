package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.NoiseLevels.Level;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * DPM-Solver++(2S) with ancestral noise (Lu et al. 2022, arXiv 2211.01095; {@code
 * sample_dpmpp_2s_ancestral} of k-diffusion's {@code sampling.py}): along the flow to a level below
 * the next one, with the data predicted halfway in log noise level, then up by fresh noise.
 *
 * @param eta 0: DPM-Solver++(2S) itself; 1: the noise of ancestral sampling
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 */
public record DpmPlusPlus2SAncestral(double eta, double noise) implements Sampler {

  public DpmPlusPlus2SAncestral {
    AncestralStep.check(eta, noise);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    // y_mid = (σ_mid/σ)·y − (e^(−h/2) − 1)·x̂0(y), y_down = (σ_down/σ)·y − (e^(−h) − 1)·x̂0(y_mid)
    return levels.run(
        x,
        (k, y, from, to) -> {
          AncestralStep step = AncestralStep.of(from.n(), to.n(), eta);
          Batch x0 = levels.x0(y, from);
          if (step.down() == 0) {
            return step.up(walk, k, x0, noise);
          }
          // with the predicted data held, the flow is solved exactly: by Euler's step
          Level middle = levels.of(Math.sqrt(from.n() * step.down()));
          Batch halfway = NoiseLevels.euler(y, x0, from.n(), middle.n());
          Batch down = NoiseLevels.euler(y, levels.x0(halfway, middle), from.n(), step.down());
          return step.up(walk, k, down, noise);
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return AncestralStep.evaluations(grid, eta);
  }
}
