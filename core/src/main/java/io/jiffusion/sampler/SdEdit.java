package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Image to image: a given picture is noised to a time in the middle, and sampled from there (Meng
 * et al.: SDEdit: guided image synthesis and editing with stochastic differential equations, 2022).
 * A later time keeps less of the picture.
 *
 * <p>The walk is the grid's from the first time on that is not above the strength. The noise is
 * that of the state from which the picture would be sampled otherwise, so it belongs to the seed.
 *
 * @param inner walks the rest of the grid
 * @param image the picture, [B, C, H, W]
 * @param strength the paper's t₀, above 0 and up to 1, the whole grid
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
    TimeGrid rest = rest(walk.grid());
    double t = rest.time(0);
    Batch start =
        Batch.lincomb(
            walk.schedule().alpha(t),
            image,
            walk.schedule().sigma(t) / walk.schedule().priorStd(),
            x);
    return inner.sample(walk.over(rest, walk.first()), start);
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return inner.evaluations(rest(grid));
  }

  private TimeGrid rest(TimeGrid grid) {
    for (int k = 0; k < grid.steps(); k++) {
      if (grid.time(k) <= strength) {
        return grid.part(k, grid.steps());
      }
    }
    throw new IllegalArgumentException(
        "illegal strength: "
            + strength
            + ", must be at least "
            + grid.time(grid.steps() - 1)
            + ", where the last of these "
            + grid.steps()
            + " steps begins");
  }
}
