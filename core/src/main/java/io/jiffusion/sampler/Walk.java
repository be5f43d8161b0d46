package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.run.Cancellation;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.run.Progress;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.function.Consumer;

/**
 * What a sampler walks with, and what all samplers share: the loop over the grid and what happens
 * between its steps.
 *
 * @param denoiser predicts the data
 * @param schedule the forward process to which the states belong
 * @param grid the times
 * @param noise of stochastic steps
 * @param constraint changes the state after each step
 * @param watch sees the state after each step
 * @param progress told after each step
 * @param cancellation looked at before each step
 */
public record Walk(
    Denoiser denoiser,
    NoiseSchedule schedule,
    TimeGrid grid,
    Noise noise,
    Constraint constraint,
    Watch watch,
    Consumer<Progress> progress,
    Cancellation cancellation) {

  /** A walk with nothing between the steps. */
  public Walk(Denoiser denoiser, NoiseSchedule schedule, TimeGrid grid, Noise noise) {
    this(
        denoiser,
        schedule,
        grid,
        noise,
        (k, t, x) -> x,
        (k, t, x) -> {},
        progress -> {},
        new Cancellation());
  }

  /** One step of a sampler. */
  @FunctionalInterface
  public interface Step {
    /**
     * The state at the next time.
     *
     * @param k number of the step, from 0: also the number of its noise
     * @param xt the state at t
     * @param s the next time, smaller than t; 0 means "no noise"
     */
    Batch next(int k, Batch xt, double t, double s);
  }

  /** What a state must obey, such as known pixels. */
  @FunctionalInterface
  public interface Constraint {
    /** The state to go on with in place of x, which step k has reached at time t. */
    Batch apply(int k, double t, Batch x);
  }

  /** An onlooker, such as one that keeps the trajectory. */
  @FunctionalInterface
  public interface Watch {
    /** Sees the state that step k has reached at time t. */
    void see(int k, double t, Batch x);
  }

  public Walk constraint(Constraint other) {
    return new Walk(denoiser, schedule, grid, noise, other, watch, progress, cancellation);
  }

  public Walk watch(Watch other) {
    return new Walk(denoiser, schedule, grid, noise, constraint, other, progress, cancellation);
  }

  public Walk progress(Consumer<Progress> other) {
    return new Walk(denoiser, schedule, grid, noise, constraint, watch, other, cancellation);
  }

  public Walk cancellation(Cancellation other) {
    return new Walk(denoiser, schedule, grid, noise, constraint, watch, progress, other);
  }

  /**
   * Takes a step for every interval of the grid.
   *
   * @return the state at the last time
   * @throws java.util.concurrent.CancellationException if somebody asked to stop
   * @throws JiffusionException if a value is no longer finite
   */
  public Batch run(Batch start, Step step) {
    long began = System.nanoTime();
    Batch x = start;
    for (int k = 0; k < grid.steps(); k++) {
      cancellation.check();
      double s = grid.time(k + 1);
      x = constraint.apply(k, s, step.next(k, x, grid.time(k), s));
      checkFinite(x, k);
      watch.see(k, s, x);
      progress.accept(
          new Progress("steps", k + 1, grid.steps(), (System.nanoTime() - began) * 1e-9, ""));
    }
    return x;
  }

  private void checkFinite(Batch x, int k) {
    int image = x.firstNotFinite();
    if (image >= 0) {
      throw new JiffusionException(
          "illegal state: image "
              + image
              + " is not finite after step "
              + (k + 1)
              + " of "
              + grid.steps()
              + " (from t = "
              + grid.time(k)
              + " to "
              + grid.time(k + 1)
              + "), must be numbers; check the model's weights, or try"
              + " the precision fp32");
    }
  }
}
