package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Predictor–corrector sampling (Song et al.: Score-based generative modeling through stochastic
 * differential equations, 2021, arXiv 2011.13456, Algorithm 1): at each time of the grid first the
 * corrector improves the state, then the predictor takes it to the next time. This is the order of
 * the authors' program ({@code get_pc_sampler} of its {@code sampling.py}); in the paper's listing
 * the predictor comes first, so that the two differ at the ends of the walk alone.
 *
 * <p>The predictor may be any sampler; it walks one step at a time. The last step, to no noise,
 * returns the predicted data.
 *
 * @param predictor takes each step
 * @param corrector improves the state before it
 * @param steps how often the corrector acts in a step; 0 is the predictor alone
 * @param denoise whether the last step adds no noise where the grid ends at a noisy time
 */
public record PredictorCorrector(Sampler predictor, Corrector corrector, int steps, boolean denoise)
    implements Sampler {

  public PredictorCorrector {
    if (steps < 0) {
      throw new IllegalArgumentException(
          "illegal corrector steps: " + steps + ", must be 0 (none) or more");
    }
  }

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    int last = walk.first() + walk.grid().steps() - 1;
    return walk.run(
        x,
        (k, xt, t, s) -> {
          int draw = k * (steps + 1);
          Batch corrected = xt;
          for (int j = 0; j < steps; j++) {
            corrected = corrector.correct(walk, draw + j, corrected, t, s);
          }
          Noise noise = denoise && k == last ? Noise.NONE : walk.noise();
          TimeGrid step = walk.grid().part(k - walk.first(), k - walk.first() + 1);
          return predictor.sample(walk.quiet().noise(noise).over(step, draw + steps), corrected);
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    int sum = 0;
    for (int k = 0; k < grid.steps(); k++) {
      OptionalInt prediction = predictor.evaluations(grid.part(k, k + 1));
      if (prediction.isEmpty()) {
        return prediction;
      }
      sum += steps + prediction.getAsInt();
    }
    return OptionalInt.of(sum);
  }
}
