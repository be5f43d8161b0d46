package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import java.util.function.DoubleUnaryOperator;

/**
 * The choices of the papers for the variance of a step: β̃ and β of DDPM (Ho, Jain, Abbeel:
 * Denoising diffusion probabilistic models, 2020, arXiv 2006.11239, section 3.2) and those that the
 * network says (Nichol, Dhariwal: Improved denoising diffusion probabilistic models, 2021, arXiv
 * 2102.09672; {@code p_mean_variance} of its {@code gaussian_diffusion.py}).
 */
public enum Variance implements ReverseVariance {
  /**
   * The posterior's own, {@code β̃_t = (1 − ᾱ_{t−1})/(1 − ᾱ_t)·β_t}, eq. 7 of DDPM: right if the
   * data were a single point.
   */
  SMALL {
    @Override
    public double of(Posterior posterior, double raw) {
      return posterior.variance();
    }
  },

  /** The forward process's, β: right if the data were standard normal. */
  LARGE {
    @Override
    public double of(Posterior posterior, double raw) {
      return posterior.forward();
    }
  },

  /** Between the two, in logarithms, as the network says by −1 … 1 (Improved DDPM). */
  LEARNED_RANGE {
    @Override
    public double of(Posterior posterior, double raw) {
      // Σ = exp(v·log β + (1 − v)·log β̃): Dhariwal and Nichol 2021, arXiv 2105.05233, eq. 1
      double fraction = (raw + 1) / 2;
      return Math.exp(
          fraction * Math.log(posterior.forward())
              + (1 - fraction) * Math.log(posterior.variance()));
    }
  },

  /** Its logarithm is what the network says. */
  LEARNED {
    @Override
    public double of(Posterior posterior, double raw) {
      return Math.exp(raw);
    }
  };

  /** The variance of one value; raw is the network's channel of it, where it is read. */
  public abstract double of(Posterior posterior, double raw);

  @Override
  public DoubleUnaryOperator step(NoiseSchedule schedule, double t, double s) {
    Posterior posterior = Posterior.of(schedule, t, s);
    return raw -> of(posterior, raw);
  }

  /**
   * As OpenAI's code has it: the posterior's variance, which is 0 there, is replaced by that of the
   * step before; so is the forward one where it is fixed. A grid of one step has none before, and
   * takes the forward variance.
   */
  @Override
  public DoubleUnaryOperator decoder(NoiseSchedule schedule, double before, double t) {
    Posterior last = Posterior.of(schedule, t, 0);
    double small = before == t ? last.forward() : Posterior.of(schedule, before, t).variance();
    double large = this == LEARNED_RANGE ? last.forward() : small;
    Posterior patched = new Posterior(last.x0(), last.xt(), small, large);
    return raw -> of(patched, raw);
  }

  @Override
  public boolean learned() {
    return this == LEARNED || this == LEARNED_RANGE;
  }
}
