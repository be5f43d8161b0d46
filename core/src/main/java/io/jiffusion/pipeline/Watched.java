package io.jiffusion.pipeline;

import io.jiffusion.process.Batch;
import io.jiffusion.process.ConditionalDenoiser;
import io.jiffusion.process.Prediction;
import io.jiffusion.run.Cancellation;
import io.jiffusion.run.Progress;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * A model whose evaluations are told and can be stopped, one at a time: for work that knows neither
 * progress nor cancellation.
 */
final class Watched implements ConditionalDenoiser {
  private final ConditionalDenoiser model;
  private final Consumer<Progress> progress;
  private final Cancellation cancellation;
  private final ToLongFunction<double[]> total;
  private final long began = System.nanoTime();
  private long done;

  /**
   * Watches a model.
   *
   * @param total evaluations of images in the end, as it looks at the times of the present one
   */
  Watched(
      ConditionalDenoiser model,
      Consumer<Progress> progress,
      Cancellation cancellation,
      ToLongFunction<double[]> total) {
    this.model = model;
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
    Prediction prediction = model.at(xt, t, classes);
    done += xt.images();
    progress.accept(
        new Progress(
            "evaluations", done, total.applyAsLong(t), (System.nanoTime() - began) * 1e-9, ""));
    return prediction;
  }

  @Override
  public Batch pullback(Batch xt, double[] t, int[] classes, Batch cotangent) {
    return model.pullback(xt, t, classes, cotangent);
  }
}
