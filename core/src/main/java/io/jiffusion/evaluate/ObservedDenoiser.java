package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.process.Batch;
import io.jiffusion.process.ConditionalDenoiser;
import io.jiffusion.process.Prediction;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * A model whose evaluations are told and can be stopped, one at a time: for work that knows neither
 * progress nor cancellation.
 */
final class ObservedDenoiser implements ConditionalDenoiser {
  private final ConditionalDenoiser model;
  private final String unit;
  private final Consumer<Progress> progress;
  private final Cancellation cancellation;
  private final Total total;
  private final long began = System.nanoTime();
  private long done;

  /** How many evaluations of images there will be in the end. */
  @FunctionalInterface
  interface Total {
    /**
     * Says it, or guesses.
     *
     * @param done how many were made
     * @param t times of the last, [B]
     */
    long of(long done, double[] t);
  }

  /**
   * Watches a model.
   *
   * @param unit how progress calls evaluations of images
   */
  ObservedDenoiser(
      ConditionalDenoiser model,
      String unit,
      Consumer<Progress> progress,
      Cancellation cancellation,
      Total total) {
    this.model = model;
    this.unit = unit;
    this.progress = progress;
    this.cancellation = cancellation;
    this.total = total;
  }

  /** Images evaluated so far, forwards. */
  long done() {
    return done;
  }

  @Override
  public Prediction at(Batch xt, double[] t, int[] classes) {
    cancellation.check();
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted");
    }
    Prediction prediction = model.at(xt, t, classes);
    done += xt.images();
    progress.accept(
        new Progress(unit, done, total.of(done, t), (System.nanoTime() - began) * 1e-9, ""));
    return prediction;
  }

  @Override
  public Batch pullback(Batch xt, double[] t, int[] classes, Batch cotangent) {
    return model.pullback(xt, t, classes, cotangent);
  }
}
