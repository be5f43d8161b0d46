package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.Posterior;

/**
 * Ancestral sampling: each state is drawn from the forward process's posterior, with the predicted
 * data for the data (Ho, Jain, Abbeel: Denoising diffusion probabilistic models, 2020, Algorithm 2;
 * on any schedule and any grid).
 *
 * <p>The last step, to no noise, returns the predicted data. Elsewhere the mean is shifted where
 * the prediction says so ({@link io.jiffusion.process.MeanShift}).
 *
 * @param variance how much noise a step adds
 */
public record Ancestral(Variance variance) implements Sampler {

  /** The choices of the papers for the variance of a step. */
  public enum Variance {
    /** The posterior's own, β̃: right if the data were a single point. */
    SMALL {
      @Override
      double of(Posterior posterior, double raw) {
        return posterior.variance();
      }
    },

    /** The forward process's, β: right if the data were standard normal. */
    LARGE {
      @Override
      double of(Posterior posterior, double raw) {
        return posterior.forward();
      }
    },

    /** Between the two, in logarithms, as the network says by −1 … 1 (Improved DDPM). */
    LEARNED_RANGE {
      @Override
      double of(Posterior posterior, double raw) {
        double fraction = (raw + 1) / 2;
        return Math.exp(
            fraction * Math.log(posterior.forward())
                + (1 - fraction) * Math.log(posterior.variance()));
      }
    },

    /** Its logarithm is what the network says. */
    LEARNED {
      @Override
      double of(Posterior posterior, double raw) {
        return Math.exp(raw);
      }
    };

    /** The variance of one value. */
    abstract double of(Posterior posterior, double raw);

    private boolean learned() {
      return this == LEARNED || this == LEARNED_RANGE;
    }
  }

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Prediction prediction = walk.denoiser().at(xt, t);
          if (s == 0) {
            return prediction.x0();
          }
          Posterior posterior = Posterior.of(walk.schedule(), t, s);
          double[] next =
              Batch.lincomb(posterior.x0(), prediction.x0(), posterior.xt(), xt)
                  .data(); // the posterior's mean
          double[] z = walk.noise().batch(k, xt).data();
          double[] raw = raw(prediction);
          double[] shift = prediction.shift() == null ? null : prediction.shift().data();
          for (int i = 0; i < next.length; i++) {
            double added = variance.of(posterior, raw == null ? 0 : raw[i]);
            next[i] += Math.sqrt(added) * z[i];
            if (shift != null) {
              next[i] += added * shift[i];
            }
          }
          return xt.with(next);
        });
  }

  private double[] raw(Prediction prediction) {
    if (!variance.learned()) {
      return null;
    }
    if (prediction.variance() == null) {
      throw new IllegalArgumentException(
          "illegal variance: "
              + variance
              + " for a model that has learned none, must be SMALL or LARGE");
    }
    return prediction.variance().data();
  }
}
