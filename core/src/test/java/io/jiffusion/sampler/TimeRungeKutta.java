package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.ProbabilityFlow;
import io.jiffusion.sampler.Churn.Raised;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Runge and Kutta's methods of one and two stages on the probability flow in the schedule's own
 * state and time, {@link ProbabilityFlow}: the sampler of EDM's ablations (Karras et al. 2022,
 * arXiv 2206.00364, Algorithm 1 and, for other second-order methods, appendix D; {@code
 * ablation_sampler} of its {@code generate.py}), with churn.
 *
 * <p>All other solvers here give the same picture on any schedule with the same noise levels. This
 * one does not, and shows what a choice of alpha(t) and sigma(t) alone does to a solver. It needs
 * schedules that are smooth in t. A step to no noise returns the predicted data; the original there
 * takes Euler's step in t, which on VP and VE leaves half of the noise.
 *
 * @param stages 1: Euler's method; 2: the second-order methods
 * @param alpha where in the step the second stage is: 1 Heun's method, 2/3 Ralston's, 1/2 the
 *     midpoint method; unused with one stage
 */
public record TimeRungeKutta(int stages, double alpha, Churn churn) implements Sampler {

  public TimeRungeKutta {
    if (stages != 1 && stages != 2) {
      throw new IllegalArgumentException("illegal stages: " + stages + ", must be 1 or 2");
    }
    if (!(alpha > 0 && alpha <= 1)) {
      throw new IllegalArgumentException(
          "illegal alpha: " + alpha + ", must be above 0 and at most 1, which is Heun's method");
    }
  }

  @Override
  public boolean stochastic() {
    return churn.amount() > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Raised hat = churn.raise(levels, k, levels.y(xt, t), levels.node(t));
          Batch from = levels.x(hat.y(), hat.level().t());
          return s == 0 ? walk.x0(from, hat.level().t()) : step(walk, from, hat.level().t(), s);
        });
  }

  private Batch step(Walk walk, Batch xt, double t, double s) {
    double h = s - t;
    Batch d = slope(walk, xt, t); // line 4
    if (stages == 1) {
      return Batch.lincomb(1, xt, h, d); // line 5
    }
    // x + h·((1 − 1/(2α))·d + 1/(2α)·d′), d′ at x + α·h·d; with α = 1 line 8
    Batch inside = Batch.lincomb(1, xt, alpha * h, d);
    Batch dInside = slope(walk, inside, t + alpha * h);
    return Batch.lincomb(1, xt, (1 - 1 / (2 * alpha)) * h, d, 1 / (2 * alpha) * h, dInside);
  }

  private static Batch slope(Walk walk, Batch xt, double t) {
    return ProbabilityFlow.slope(walk.denoiser(), walk.schedule(), t, xt);
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + (stages - 1) * grid.noisySteps());
  }
}
