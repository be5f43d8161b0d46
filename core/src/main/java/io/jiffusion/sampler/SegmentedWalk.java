package io.jiffusion.sampler;

import io.jiffusion.base.Progress;
import io.jiffusion.schedule.TimeGrid;

/**
 * Walks, one after the other, that make up a longer one: their steps, and so their noise, are
 * numbered through, and progress is told of the whole.
 */
final class SegmentedWalk {
  private final Walk whole;
  private final int steps;
  private final long began = System.nanoTime();
  private int done;

  /**
   * Begins.
   *
   * @param whole what all pieces have in common
   * @param steps of all pieces together
   */
  SegmentedWalk(Walk whole, int steps) {
    this.whole = whole;
    this.steps = steps;
  }

  /** The next piece. Its noise is that of the step, as an interval may be walked several times. */
  Walk next(TimeGrid times) {
    int before = done;
    done += times.steps();
    return whole
        .over(times, whole.first() + before)
        .noise(whole.noise().byDraw())
        .progress(here -> report(here, before + here.done()));
  }

  /** The number of a step that is taken between two pieces, such as a jump back to more noise. */
  int step() {
    return whole.first() + done++;
  }

  private void report(Progress here, long reached) {
    double seconds = (System.nanoTime() - began) * 1e-9;
    whole
        .between()
        .progress()
        .accept(new Progress(here.unit(), reached, steps, seconds, here.note()));
  }
}
