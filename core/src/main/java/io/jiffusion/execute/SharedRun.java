package io.jiffusion.execute;

import io.jiffusion.execute.Emitter.Action;
import io.jiffusion.execute.Emitter.Step;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One run of a plan, in which a second thread may take the second halves of steps, from whenever it
 * is free. The results are the same with and without it.
 *
 * <p>The threads meet after every such step, thousands of times a second, so they do not sleep
 * while they wait.
 */
final class SharedRun {
  private static final int SPINS = 10_000; // a tenth of a millisecond
  private static final int NOTHING = -1;

  private final List<Step> steps;
  private final List<Map<Node, float[]>> vectors;
  // a step's number, doubled: its second half is to be had; one more: it has been taken
  private final AtomicInteger offer = new AtomicInteger(NOTHING);
  private volatile boolean over;
  private volatile RuntimeException failure;

  SharedRun(List<Step> steps, List<Map<Node, float[]>> vectors) {
    this.steps = steps;
    this.vectors = vectors;
  }

  /** Runs the steps; returns when no helper is at work any more. */
  void run() {
    try {
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        step.first().run(vectors);
        if (!step.halves().isEmpty()) {
          halves(step.halves(), 2 * i);
        }
      }
    } finally {
      over = true;
    }
  }

  private void halves(List<Action> halves, int open) {
    offer.set(open);
    boolean left = true;
    try {
      halves.get(0).run(vectors);
    } finally {
      left = offer.compareAndSet(open, NOTHING);
      for (int spins = 0; !left && offer.get() != NOTHING; spins++) {
        pause(spins);
      }
    }
    if (left) {
      halves.get(1).run(vectors);
    } else if (failure != null) {
      throw failure;
    }
  }

  /** Does second halves until the run is over. */
  void help() {
    for (int spins = 0; !over; spins++) {
      int open = offer.get();
      if (open != NOTHING && open % 2 == 0 && offer.compareAndSet(open, open + 1)) {
        try {
          steps.get(open / 2).halves().get(1).run(vectors);
        } catch (RuntimeException e) {
          failure = e;
        } finally {
          offer.set(NOTHING);
        }
        spins = 0;
      }
      pause(spins);
    }
  }

  private static void pause(int spins) {
    if (spins < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield(); // to whoever else wants the processor
    }
  }
}
