package io.jiffusion.cli;

import io.jiffusion.base.Progress;
import io.jiffusion.pipeline.Training;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Tells of a training as it goes. Where there is no terminal something is said at least every half
 * minute, however long a step takes.
 */
final class RunReport implements Training.Listener, AutoCloseable {
  static final long QUIET_SECONDS = 30;

  private final PrintStream err;
  private final Bar bar;
  private final int batch;
  private final Runnable begun;
  private final LongConsumer saved;
  private final long begin = System.nanoTime();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          body -> {
            Thread thread = new Thread(body, "jiffusion-clock");
            thread.setDaemon(true);
            return thread;
          });
  private volatile String last = "no step is made yet";

  /**
   * Begins.
   *
   * @param batch images of a step
   * @param begun is called at the first step, or the first saving where there is none to make
   * @param saved gets the steps made, when they are saved
   * @param quietMillis after which something is said, if nothing was; 0 for a terminal
   */
  RunReport(
      PrintStream err, Bar bar, int batch, Runnable begun, LongConsumer saved, long quietMillis) {
    this.err = err;
    this.bar = bar;
    this.batch = batch;
    this.begun = begun;
    this.saved = saved;
    if (quietMillis > 0) {
      long often = Math.max(1, quietMillis / 10);
      clock.scheduleWithFixedDelay(
          () -> speak(quietMillis), quietMillis, often, TimeUnit.MILLISECONDS);
    }
  }

  private void speak(long quietMillis) {
    long now = System.nanoTime();
    if (now - bar.drawn() >= quietMillis * 1_000_000) {
      bar.line(
          String.format(Locale.ROOT, "%s; at work for %s", last, Bar.time((now - begin) * 1e-9)));
    }
  }

  @Override
  public void told(String sentence) {
    err.println(sentence);
  }

  @Override
  public void step(Progress progress) {
    begun.run();
    Progress shown =
        progress.note(
            progress.note()
                + String.format(Locale.ROOT, ", %.1f images/s", progress.rate() * batch));
    last = Bar.text(shown, shown.rate(), 0);
    bar.accept(shown);
  }

  @Override
  public void saved(long step) {
    begun.run();
    saved.accept(step);
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
