package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;

/**
 * Reverse diffusion: the reverse-time equation cut into steps in the same way as the forward
 * process (Song et al.: Score-based generative modeling through stochastic differential equations,
 * 2021, arXiv 2011.13456, appendix E; the flow in appendix D.3). Where the forward step from s to t
 * is {@code x_t = (1 + F) x_s + G z}, the step back is {@code x_s = (1 − F) x_t + G² score + G z}.
 *
 * <p>F and G are those of the exact forward step between the two times, on any schedule; on DDPM's
 * or SMLD's table that is the original's step. The last step, to no noise, returns the predicted
 * data.
 *
 * @param probabilityFlow whether to follow the probability flow, with half the score and no noise;
 *     it also encodes, on an ascending grid
 */
public record ReverseDiffusion(boolean probabilityFlow) implements Sampler {

  /** With noise, as the forward process has it. */
  public ReverseDiffusion() {
    this(false);
  }

  @Override
  public boolean stochastic() {
    return !probabilityFlow;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    NoiseSchedule schedule = walk.schedule();
    // x_i = x_{i+1} − f(x_{i+1}) + G·Gᵀ·s(x_{i+1}) + G·z, eq. 46
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Batch x0 = walk.x0(xt, t);
          if (s == 0) {
            return x0;
          }
          double alpha = schedule.alpha(t);
          double sigma = schedule.sigma(t);
          double forward = alpha / schedule.alpha(s) - 1; // F
          double variance = Posterior.of(schedule, t, s).forward(); // G²
          double pull = (probabilityFlow ? 0.5 : 1) * variance / (sigma * sigma);
          double keep = 1 - forward - pull;
          return probabilityFlow
              ? Batch.lincomb(keep, xt, pull * alpha, x0)
              : Batch.lincomb(
                  keep, xt, pull * alpha, x0, Math.sqrt(variance), walk.noise().batch(k, xt));
        });
  }
}
