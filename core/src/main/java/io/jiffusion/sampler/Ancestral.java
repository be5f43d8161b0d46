package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.ReverseVariance;
import io.jiffusion.schedule.Posterior;
import java.util.function.DoubleUnaryOperator;

/**
 * Ancestral sampling: each state is drawn from the forward process's posterior, with the predicted
 * data for the data (Ho, Jain, Abbeel: Denoising diffusion probabilistic models, 2020, arXiv
 * 2006.11239, Algorithm 2; on any schedule and any grid).
 *
 * <p>The last step, to no noise, returns the predicted data. Elsewhere the mean is shifted where
 * the prediction says so ({@link io.jiffusion.process.MeanShift}).
 *
 * @param variance how much noise a step adds
 */
public record Ancestral(ReverseVariance variance) implements Sampler {

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    // x_{t−1} = μ̃_t(x_t, x̂0) + σ_t·z, of the posterior N(μ̃_t(x_t, x0), β̃_t·I), eq. 6
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Prediction prediction = walk.denoiser().at(xt, t);
          if (s == 0) {
            return prediction.x0();
          }
          Posterior posterior = Posterior.of(walk.schedule(), t, s);
          // μ̃_t, eq. 7
          double[] next = Batch.lincomb(posterior.x0(), prediction.x0(), posterior.xt(), xt).data();
          double[] z = walk.noise().batch(k, xt).data();
          double[] raw = variance.raw(prediction);
          DoubleUnaryOperator of = variance.step(walk.schedule(), t, s);
          double[] shift = prediction.shift() == null ? null : prediction.shift().data();
          for (int i = 0; i < next.length; i++) {
            double added = of.applyAsDouble(raw == null ? 0 : raw[i]);
            next[i] += Math.sqrt(added) * z[i]; // Algorithm 2, line 4
            if (shift != null) {
              next[i] += added * shift[i]; // s·Σ·∇log p(y | x_t): MeanShift
            }
          }
          return xt.with(next);
        });
  }
}
