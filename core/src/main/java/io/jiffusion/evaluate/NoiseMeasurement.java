package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.NoiseTable;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.pipeline.Model;
import io.jiffusion.process.Conditioned;
import io.jiffusion.process.OptimalVariance;
import java.util.Arrays;
import java.util.function.Consumer;

/** Measures the noise that a model predicts, from which Analytic-DPM knows its variances. */
public final class NoiseMeasurement {
  private static final int BATCH = 64;

  private NoiseMeasurement() {}

  /**
   * Measures a model: as many evaluations as the process has steps, for every image.
   *
   * @param run of the model
   * @param data what it was trained on
   * @param count of images, evenly spread over the data
   * @throws IllegalArgumentException if the data do not fit the model
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public static NoiseTable of(
      Model model,
      RunFolder run,
      Dataset data,
      int count,
      long seed,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    RunConfig config = run.config();
    ProcessConfig process = config.process();
    int[] all = RealImages.some(data, count);
    long total = (long) count * process.steps();
    ObservedDenoiser watched =
        new ObservedDenoiser(
            process.denoiser(model.network()),
            "evaluations",
            progress,
            cancellation,
            (done, t) -> total);
    OptimalVariance.Measurement measurement =
        new OptimalVariance.Measurement(process.noiseSchedule(), process.steps(), seed);
    for (int first = 0; first < count; first += BATCH) {
      int[] images = Arrays.copyOfRange(all, first, Math.min(first + BATCH, count));
      int[] classes = RealImages.classes(config, data, config.classes() > 0, images);
      measurement.add(new Conditioned(watched, classes), RealImages.batch(config, data, images));
    }
    return NoiseTable.of(run, count, seed, measurement.result().noise());
  }
}
