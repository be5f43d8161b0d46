package io.jiffusion.sampler;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What a sampler walks with, and what all samplers share: the loop over the grid and what happens
 * between its steps.
 *
 * @param denoiser predicts the data
 * @param schedule the forward process to which the states belong
 * @param grid the times
 * @param first number of the grid's first step: 0, or more where the grid continues another walk,
 *     so that no noise is drawn twice
 * @param noise of stochastic steps
 * @param between what happens between the steps
 */
public record Walk(
    Denoiser denoiser,
    NoiseSchedule schedule,
    TimeGrid grid,
    int first,
    Noise noise,
    Between between) {

  /**
   * What happens between the steps.
   *
   * @param constraint changes the state after each step
   * @param watch sees the state after each step
   * @param progress told after each step
   * @param cancellation looked at before each step
   */
  public record Between(
      Constraint constraint, Watch watch, Consumer<Progress> progress, Cancellation cancellation) {
    private static Between nothing(Cancellation cancellation) {
      return new Between((k, t, x) -> x, (k, t, x) -> {}, progress -> {}, cancellation);
    }
  }

  /** A walk with nothing between the steps. */
  public Walk(Denoiser denoiser, NoiseSchedule schedule, TimeGrid grid, Noise noise) {
    this(denoiser, schedule, grid, 0, noise, Between.nothing(new Cancellation()));
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

  /** The same walk over other times, whose first step has the given number. */
  public Walk over(TimeGrid times, int number) {
    return new Walk(denoiser, schedule, times, number, noise, between);
  }

  /**
   * The same walk without constraint, onlooker and progress: for a sampler that takes a step of
   * another, which is no step of the walk.
   */
  public Walk quiet() {
    return with(Between.nothing(between.cancellation));
  }

  private Walk with(Between other) {
    return new Walk(denoiser, schedule, grid, first, noise, other);
  }

  /** The same walk with another denoiser. */
  public Walk denoiser(Denoiser other) {
    return new Walk(other, schedule, grid, first, noise, between);
  }

  /** The same walk with noise from elsewhere. */
  public Walk noise(Noise other) {
    return new Walk(denoiser, schedule, grid, first, other, between);
  }

  /** The same walk with this constraint in place of its own. */
  public Walk constraint(Constraint other) {
    return with(new Between(other, between.watch, between.progress, between.cancellation));
  }

  /** The same walk with this onlooker in place of its own. */
  public Walk watch(Watch other) {
    return with(new Between(between.constraint, other, between.progress, between.cancellation));
  }

  /** The same walk that tells its progress here. */
  public Walk progress(Consumer<Progress> other) {
    return with(new Between(between.constraint, between.watch, other, between.cancellation));
  }

  /** The same walk that ends when this is asked to. */
  public Walk cancellation(Cancellation other) {
    return with(new Between(between.constraint, between.watch, between.progress, other));
  }

  /** What changes the state after each step. */
  public Constraint constraint() {
    return between.constraint;
  }

  /** What is looked at before each step. */
  public Cancellation cancellation() {
    return between.cancellation;
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
    for (int i = 0; i < grid.steps(); i++) {
      between.cancellation.check();
      int k = first + i;
      x = arrive(k, grid.time(i + 1), step.next(k, x, grid.time(i), grid.time(i + 1)));
      between.progress.accept(
          new Progress("steps", i + 1, grid.steps(), (System.nanoTime() - began) * 1e-9, ""));
    }
    return x;
  }

  /**
   * What happens after each step, for samplers that choose their steps themselves: the constraint
   * is applied, the state checked and shown.
   *
   * @param k number of the step
   * @param t the time that it has reached
   * @return the state to go on with
   * @throws JiffusionException if a value is no longer finite
   */
  public Batch arrive(int k, double t, Batch reached) {
    Objects.requireNonNull(reached, "a step returned null, must be the state at its next time");
    Batch x = between.constraint.apply(k, t, reached);
    int image = x.firstNotFinite();
    if (image >= 0) {
      throw new JiffusionException(
          "illegal state: image "
              + image
              + " is not finite after step "
              + (k + 1)
              + ", at t = "
              + t
              + ", must be numbers; check the model's weights, or try the precision fp32");
    }
    between.watch.see(k, t, x);
    return x;
  }

  /**
   * Tells how far the sampler has come, for samplers that choose their steps themselves.
   *
   * @param share of the way, from 0 to 1
   * @param began when the walk did, in nanoseconds
   */
  public void report(double share, long began) {
    between.progress.accept(
        new Progress(
            "percent", Math.round(100 * share), 100, (System.nanoTime() - began) * 1e-9, ""));
  }

  /** The predicted noise, {@code (x_t − alpha·x̂0)/sigma}; evaluates the denoiser. */
  public Batch eps(Batch xt, double t) {
    return denoiser.at(xt, t).eps(schedule, xt, t);
  }

  /** The predicted data; evaluates the denoiser. */
  public Batch x0(Batch xt, double t) {
    return denoiser.at(xt, t).x0();
  }

  /** The predicted data and noise; evaluates the denoiser once for both. */
  public BothPredictions both(Batch xt, double t) {
    Prediction prediction = denoiser.at(xt, t);
    return new BothPredictions(schedule, t, prediction.x0(), prediction.eps(schedule, xt, t));
  }

  /**
   * Refuses an ascending grid if the sampler adds noise.
   *
   * @throws IllegalArgumentException if the grid leads from data to noise
   */
  public void mustDescend(Sampler sampler) {
    if (sampler.stochastic() && grid.ascending()) {
      throw new IllegalArgumentException(
          "illegal grid: ascending from t = "
              + grid.time(0)
              + " to "
              + grid.time(grid.steps())
              + ", must descend for "
              + sampler
              + ", which adds noise; encode with a deterministic sampler such as ddim");
    }
  }

  /**
   * Refuses a grid from or to a time without signal, for samplers that divide by it.
   *
   * @throws IllegalArgumentException if there is none at the noisiest time
   */
  public void mustHaveSignal(Sampler sampler) {
    double t = Math.max(grid.time(0), grid.time(grid.steps()));
    if (!schedule.hasSignal(t)) {
      double alpha = schedule.alpha(t);
      throw new IllegalArgumentException(
          "illegal time: "
              + t
              + ", where alpha is "
              + (alpha == 0 ? "0" : alpha)
              + ", must have a signal for "
              + sampler
              + "; take times below it, or the sampler ddim");
    }
  }
}
