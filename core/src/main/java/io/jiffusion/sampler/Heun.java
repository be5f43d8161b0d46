package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.Churn.Raised;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * EDM's sampler: Heun's second-order method on the probability flow in {@code (x/alpha,
 * sigma/alpha)}, with churn (Karras, Aittala, Aila, Laine: Elucidating the design space of
 * diffusion-based generative models, 2022, arXiv 2206.00364, Algorithm 2). A step to no noise is
 * Euler's.
 */
public record Heun(Churn churn) implements Sampler {

  /** Without churn. */
  public Heun() {
    this(Churn.NONE);
  }

  @Override
  public boolean stochastic() {
    return churn.amount() > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    // x_{i+1} = x̂_i + (t_{i+1} − t̂_i)·(½·d_i + ½·d_i′)
    return levels.run(
        x,
        (k, y, from, to) -> {
          Raised hat = churn.raise(levels, k, y, from); // lines 4 to 6
          Batch x0 = levels.x0(hat.y(), hat.level());
          Batch euler = NoiseLevels.euler(hat.y(), x0, hat.level().n(), to.n()); // line 8
          if (to.n() == 0) {
            return euler;
          }
          Batch d = NoiseLevels.slope(hat.y(), x0, hat.level()); // line 7
          Batch dNext = levels.slope(euler, to); // line 10
          double h = to.n() - hat.level().n();
          return Batch.lincomb(1, hat.y(), h / 2, d, h / 2, dNext); // line 11
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + grid.noisySteps());
  }
}
