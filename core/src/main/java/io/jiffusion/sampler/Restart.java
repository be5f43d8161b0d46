package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.sampler.NoiseLevels.Level;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Restart sampling (Xu, Deng, Cheng, Tian, Liu, Jaakkola: Restart sampling for improving generative
 * processes, 2023, arXiv 2306.14878, section 4.1): a deterministic sampler that now and then goes
 * back up by much fresh noise at once and comes down again, so that errors made above are
 * forgotten.
 *
 * @param inner walks all the way, and each way down again; should be deterministic
 * @param intervals where to go back, from noise to data
 */
public record Restart(Sampler inner, List<Interval> intervals) implements Sampler {

  /**
   * Where to go back, and how often.
   *
   * @param min noise level sigma/alpha at which to go back up: the nearest that the grid has
   * @param max noise level to go up to
   * @param steps to take down again, on the grid of Karras et al.; one less than the N of the
   *     authors' program, which counts the levels
   * @param times how often
   */
  public record Interval(double min, double max, int steps, int times) {
    public Interval {
      if (!(min > 0 && min < max && Double.isFinite(max))) {
        throw new IllegalArgumentException(
            "illegal restart: between noise levels "
                + min
                + " and "
                + max
                + ", must be above 0 and ascending");
      }
      if (steps < 1 || times < 1) {
        throw new IllegalArgumentException(
            "illegal restart: " + times + " times " + steps + " steps, must be 1 or more");
      }
    }
  }

  public Restart {
    intervals = List.copyOf(intervals);
    for (int i = 1; i < intervals.size(); i++) {
      if (intervals.get(i).min() > intervals.get(i - 1).min()) {
        throw new IllegalArgumentException(
            "illegal restarts: from noise level "
                + intervals.get(i).min()
                + " after "
                + intervals.get(i - 1).min()
                + ", must be listed from noise to data");
      }
    }
  }

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Batch sample(Walk walk, Batch start) {
    NoiseLevels levels = NoiseLevels.of(walk, this);
    TimeGrid grid = walk.grid();
    int restarts = intervals.stream().mapToInt(each -> each.times() * (each.steps() + 1)).sum();
    SegmentedWalk pieces =
        new SegmentedWalk(walk, grid.steps() + restarts); // a way back up counts as a step
    Batch x = start;
    int reached = 0;
    for (Interval interval : intervals) {
      int turn = nearest(levels, grid, interval.min());
      x = down(pieces, grid, reached, turn, x);
      reached = turn;
      Level low = levels.node(grid.time(turn));
      Level high = levels.of(interval.max());
      TimeGrid again = again(walk, interval, low, high);
      double added = Math.sqrt((high.n() - low.n()) * (high.n() + low.n()));
      for (int i = 0; i < interval.times(); i++) {
        // x_max = x_min + ε, ε ~ N(0, (σ(t_max)² − σ(t_min)²)·I), eq. 3
        Batch z = walk.noise().batch(pieces.step(), x);
        Batch y = Batch.lincomb(1, levels.y(x, low.t()), added, z);
        // x_min = ODE(x_max, t_max → t_min), eq. 4
        x = inner.sample(pieces.next(again), levels.x(y, high.t()));
      }
    }
    return down(pieces, grid, reached, grid.steps(), x);
  }

  /** The main walk from one time of the grid to another. */
  private Batch down(SegmentedWalk pieces, TimeGrid grid, int from, int to, Batch x) {
    return from == to ? x : inner.sample(pieces.next(grid.part(from, to)), x);
  }

  private static TimeGrid again(Walk walk, Interval interval, Level low, Level high) {
    if (high.n() <= low.n()) {
      throw new IllegalArgumentException(
          "illegal restart: up to noise level "
              + high.n()
              + ", must be above "
              + low.n()
              + ", the level of the grid that is nearest to "
              + interval.min());
    }
    return Spacing.karras(7).grid(walk.schedule(), interval.steps(), high.t(), low.t());
  }

  /** Number of the time, after the first, whose noise level is nearest; 0 has none. */
  private static int nearest(NoiseLevels levels, TimeGrid grid, double n) {
    if (grid.time(1) == 0) {
      throw new IllegalArgumentException(
          "illegal grid: "
              + grid.steps()
              + " step from noise to data, must have a time between at which to restart");
    }
    int nearest = 1;
    for (int i = 2; i <= grid.steps() && grid.time(i) > 0; i++) {
      if (Math.abs(levels.node(grid.time(i)).n() - n)
          < Math.abs(levels.node(grid.time(nearest)).n() - n)) {
        nearest = i;
      }
    }
    return nearest;
  }

  /** Those of the inner sampler on the grid and on each way down again. */
  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    OptionalInt all = inner.evaluations(grid);
    for (Interval interval : intervals) {
      OptionalInt again = inner.evaluations(noisy(interval.steps()));
      all =
          all.isEmpty() || again.isEmpty()
              ? OptionalInt.empty()
              : OptionalInt.of(all.getAsInt() + interval.times() * again.getAsInt());
    }
    return all;
  }

  /** Any grid of that many steps that keeps its noise: evaluations depend on the number alone. */
  private static TimeGrid noisy(int steps) {
    return new TimeGrid(
        IntStream.rangeClosed(0, steps).mapToDouble(i -> 1 - i / (steps + 1.0)).toArray());
  }
}
