package io.jiffusion.train;

import io.jiffusion.base.Workers;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;

/** Makes the examples of the next steps while the present one runs. */
final class Prefetch implements AutoCloseable {
  private static final int AHEAD = 2;

  private final Objective objective;
  private final Workers thread;
  private final Queue<Future<Examples>> coming = new ArrayDeque<>();
  private long next;

  Prefetch(Objective objective, long firstStep) {
    this.objective = objective;
    this.next = firstStep;
    this.thread = new Workers("jiffusion-data", 1, () -> {});
  }

  /** The examples of the next step. */
  Examples take() {
    while (coming.size() <= AHEAD) {
      long step = next++;
      coming.add(thread.submit(() -> objective.examples(step)));
    }
    return Workers.result(coming.remove());
  }

  @Override
  public void close() {
    thread.close();
  }
}
