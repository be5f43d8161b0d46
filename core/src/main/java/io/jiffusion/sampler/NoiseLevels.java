package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * A walk as EDM and k-diffusion see it (Karras, Aittala, Aila, Laine: Elucidating the design space
 * of diffusion-based generative models, 2022, arXiv 2206.00364): the state is {@code y = x/alpha},
 * data with added noise, and what tells it is the noise level {@code n = sigma/alpha} in place of
 * the time. The paper's s(t) is alpha, its σ(t) is n.
 *
 * <p>In this view all schedules are one, and the probability flow, there eq. 4, is {@code dy/dn =
 * (y − x̂0)/n}.
 *
 * @param walk over any schedule; its states remain x_t
 */
public record NoiseLevels(Walk walk) {

  /**
   * A noise level and the time that has it.
   *
   * @param n sigma/alpha; 0 means "no noise"
   * @param t on the schedule's axis
   */
  public record Level(double n, double t) {}

  /** One step of a sampler in this view. */
  @FunctionalInterface
  public interface Step {
    /** The state at the level {@code to}; where that is 0, the predicted data. */
    Batch next(int k, Batch y, Level from, Level to);
  }

  /**
   * The view of a sampler's walk.
   *
   * @throws IllegalArgumentException if the sampler adds noise and the grid ascends, or if a time
   *     has no signal, so that the view does not exist
   */
  static NoiseLevels of(Walk walk, Sampler sampler) {
    walk.mustDescend(sampler);
    walk.mustHaveSignal(sampler);
    return new NoiseLevels(walk);
  }

  /** Takes a step for every interval of the walk's grid. */
  public Batch run(Batch x, Step step) {
    return walk.run(
        x,
        (k, xt, t, s) -> {
          Batch y = y(xt, t);
          return s == 0
              ? step.next(k, y, node(t), new Level(0, 0))
              : x(step.next(k, y, node(t), node(s)), s);
        });
  }

  /** The state of this view, {@code x/alpha}. */
  public Batch y(Batch xt, double t) {
    return xt.times(1 / walk.schedule().alpha(t));
  }

  /** The state of the schedule, {@code alpha·y}. */
  public Batch x(Batch y, double t) {
    return y.times(walk.schedule().alpha(t));
  }

  /** The level of a time of the grid, sigma/alpha. */
  public Level node(double t) {
    return new Level(walk.schedule().noiseLevel(t), t);
  }

  /**
   * A level between the times of the grid, or above them; moved into the range that the schedule
   * has, beyond which no model knows anything.
   */
  public Level of(double n) {
    NoiseSchedule schedule = walk.schedule();
    double lambda = -Math.log(n);
    if (lambda >= schedule.lambda(0)) {
      return node(0);
    }
    return lambda <= schedule.lambda(1) ? node(1) : new Level(n, schedule.timeOf(lambda));
  }

  /** The predicted data, {@code D(y; n)} of the paper; evaluates the denoiser. */
  public Batch x0(Batch y, Level level) {
    return walk.x0(x(y, level.t()), level.t());
  }

  /** The flow's slope dy/dn, which is also the predicted noise; evaluates the denoiser. */
  public Batch slope(Batch y, Level level) {
    return slope(y, x0(y, level), level);
  }

  /** The flow's slope {@code (y − x̂0)/n}. */
  static Batch slope(Batch y, Batch x0, Level level) {
    return Batch.lincomb(1 / level.n(), y, -1 / level.n(), x0);
  }

  /**
   * Euler's step {@code y + (to − from)·(y − x̂0)/from} between two levels, sorted so that it is
   * x̂0 itself where {@code to} is 0.
   */
  static Batch euler(Batch y, Batch x0, double from, double to) {
    return Batch.lincomb(to / from, y, 1 - to / from, x0);
  }
}
