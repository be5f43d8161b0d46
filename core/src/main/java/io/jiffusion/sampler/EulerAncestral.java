package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * Euler's method with ancestral noise, {@code sample_euler_ancestral} of k-diffusion's {@code
 * sampling.py}: along the flow to a level below the next one, then up to that by fresh noise. It is
 * {@link Ddim} with the same eta.
 *
 * @param eta 0: {@link Euler}; 1: {@link Ancestral} with the small variance
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 */
public record EulerAncestral(double eta, double noise) implements Sampler {

  public EulerAncestral {
    AncestralStep.check(eta, noise);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    // y_next = y + (σ_down − σ)·d(y) + σ_up·z
    return levels.run(
        x,
        (k, y, from, to) -> {
          AncestralStep step = AncestralStep.of(from.n(), to.n(), eta);
          Batch down = NoiseLevels.euler(y, levels.x0(y, from), from.n(), step.down());
          return step.up(walk, k, down, noise);
        });
  }
}
