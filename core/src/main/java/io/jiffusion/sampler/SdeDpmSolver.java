package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * SDE-DPM-Solver++ of two evaluations a step, {@code sample_dpmpp_sde} of k-diffusion's {@code
 * sampling.py}: ancestral steps to the middle of the interval in half log-SNR, where the data are
 * predicted again, and with these from the start to the end.
 *
 * <p>The noise of both steps is of one path: that of the first is its increment over half of the
 * interval, that of the second its increment over all of it. The last step, to no noise, returns
 * the predicted data.
 *
 * @param eta 0: DPM-Solver++(2S); 1: the noise of ancestral sampling
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 */
public record SdeDpmSolver(double eta, double noise) implements Sampler {

  public SdeDpmSolver {
    AncestralStep.check(eta, noise);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    walk.mustDescend(this);
    return walk.run(
        x,
        (k, xt, time, next) -> {
          Batch x0 = walk.x0(xt, time);
          if (next == 0) {
            return x0;
          }
          LambdaNode s = LambdaNode.at(walk.schedule(), time);
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          LambdaNode middle = LambdaNode.of(walk.schedule(), s.lambda() + s.to(t) / 2);
          Batch halfway = step(walk, 2 * k, xt, x0, s, middle);
          return step(walk, 2 * k + 1, xt, walk.x0(halfway, middle.t()), s, t);
        });
  }

  /** An ancestral step on which the predicted data are constant. */
  private Batch step(Walk walk, int draw, Batch x, Batch x0, LambdaNode s, LambdaNode t) {
    AncestralStep levels = AncestralStep.of(s.sigma() / s.alpha(), t.sigma() / t.alpha(), eta);
    // y_t = (σ_down/σ_s)·y_s + (1 − σ_down/σ_s)·x̂0 + σ_up·z, with y = x/alpha
    double kept = levels.down() / (s.sigma() / s.alpha());
    Batch y = Batch.lincomb(kept * t.alpha() / s.alpha(), x, t.alpha() * (1 - kept), x0);
    if (eta == 0) {
      return y;
    }
    Batch z = walk.noise().between(draw, s.lambda(), t.lambda(), x);
    return Batch.lincomb(1, y, noise * t.alpha() * levels.up(), z);
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + grid.noisySteps());
  }
}
