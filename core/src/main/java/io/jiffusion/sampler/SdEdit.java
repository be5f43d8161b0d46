package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;
import java.util.stream.DoubleStream;

/**
 * Image to image: a given picture is noised to a time in the middle, and sampled from there (Meng
 * et al.: SDEdit: guided image synthesis and editing with stochastic differential equations, 2022,
 * arXiv 2108.01073, section 3.2 and Algorithm 1). A later time keeps less of the picture.
 *
 * <p>The walk begins at the strength itself, and goes on with the times of the grid below it: a
 * step of its own leads to the first of them, and where the strength is above the whole grid, its
 * first step is the longer one. (diffusers counts in steps instead, int(strength·S) of S, so that
 * it begins up to a step below.) The noise is that of the state from which the picture would be
 * sampled otherwise, so it belongs to the seed.
 *
 * @param inner walks the rest of the grid
 * @param image the picture, [B, C, H, W]
 * @param strength the paper's t₀, above 0 and up to 1; at most the last time of the schedule's
 *     range
 */
public record SdEdit(Sampler inner, Batch image, double strength) implements Sampler {

  public SdEdit {
    if (!(strength > 0 && strength <= 1)) {
      throw new IllegalArgumentException(
          "illegal strength: " + strength + ", must be above 0 and at most 1");
    }
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    TimeGrid rest = walked(walk.grid(), walk.schedule());
    double t = rest.time(0);
    // x(t₀) = α(t₀)·x⁽ᵍ⁾ + σ(t₀)·z, x⁽ᵍ⁾ being the guide; α is 1 in Algorithm 1, which is for VE
    Batch start =
        Batch.lincomb(
            walk.schedule().alpha(t),
            image,
            walk.schedule().sigma(t) / walk.schedule().priorStd(),
            x);
    return inner.sample(walk.over(rest, walk.first()), start);
  }

  /**
   * The times that are walked, of a grid's.
   *
   * @throws IllegalArgumentException if the strength is below the least noise of the training
   */
  public TimeGrid walked(TimeGrid grid, NoiseSchedule schedule) {
    double least = schedule.trainingRange().min();
    if (strength < least) {
      throw new IllegalArgumentException(
          "illegal strength: " + strength + ", must be at least " + least + ", the least noise");
    }
    return rest(grid, Math.min(strength, schedule.range().max()));
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return inner.evaluations(rest(grid, strength));
  }

  /** The grid from a time on, which takes the place of all that are not below it. */
  private static TimeGrid rest(TimeGrid grid, double begin) {
    double[] below = DoubleStream.of(grid.times()).skip(1).filter(t -> t < begin).toArray();
    if (below.length == 0) {
      throw new IllegalArgumentException(
          "illegal strength: "
              + begin
              + ", must be above "
              + grid.time(grid.steps())
              + ", where the steps end");
    }
    return new TimeGrid(
        DoubleStream.concat(DoubleStream.of(begin), DoubleStream.of(below)).toArray());
  }
}
