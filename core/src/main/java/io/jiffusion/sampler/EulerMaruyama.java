package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * Euler's method for the reverse-time equation, or for the probability flow, in the schedule's own
 * time (Song et al.: Score-based generative modeling through stochastic differential equations,
 * 2021, arXiv 2011.13456, section 4.1).
 *
 * <p>The last step, to no noise, returns the predicted data.
 *
 * @param probabilityFlow whether to solve the flow, without noise; it also encodes, on an ascending
 *     grid
 */
public record EulerMaruyama(boolean probabilityFlow) implements Sampler {

  /** The reverse-time equation, with noise. */
  public EulerMaruyama() {
    this(false);
  }

  @Override
  public boolean stochastic() {
    return !probabilityFlow;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    walk.mustHaveSignal(this); // f = d log alpha/dt
    NoiseSchedule schedule = walk.schedule();
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Batch x0 = walk.x0(xt, t);
          if (s == 0) {
            return x0;
          }
          // dx = (f − g²·∇log p_t) dt + g dw̄, eq. 6; the flow: dx = (f − ½·g²·∇log p_t) dt, eq. 13
          double f = schedule.f(t);
          double g2 = schedule.g2(t);
          double sigma = schedule.sigma(t);
          // −g²·∇log p_t = pull·(x_t − alpha·x̂0), half of it in the flow
          double pull = (probabilityFlow ? 0.5 : 1) * g2 / (sigma * sigma);
          double dt = s - t;
          double keep = 1 + (f + pull) * dt;
          double add = -pull * schedule.alpha(t) * dt;
          return probabilityFlow
              ? Batch.lincomb(keep, xt, add, x0)
              : Batch.lincomb(keep, xt, add, x0, Math.sqrt(-g2 * dt), walk.noise().batch(k, xt));
        });
  }
}
