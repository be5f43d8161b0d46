package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * A way from noise to data. A user's own is a record with one method:
 *
 * <pre>{@code
 * record Euler() implements Sampler {
 *   public Batch sample(Walk walk, Batch x) {
 *     return walk.run(x, (k, xt, t, s) -> …the state at s, from walk.denoiser().at(xt, t)…);
 *   }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Sampler {

  /**
   * Walks the whole grid.
   *
   * @param walk denoiser, schedule, grid, noise and what happens between the steps
   * @param x the state at the first time of the grid, [B, C, H, W]
   * @return the state at the last time
   */
  Batch sample(Walk walk, Batch x);

  /**
   * Whether noise is added on the way, so that images depend on more than the state they start
   * from.
   */
  default boolean stochastic() {
    return false;
  }

  /**
   * How often the denoiser is evaluated on a grid; empty if that depends on what is met on the way.
   */
  default OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps());
  }
}
