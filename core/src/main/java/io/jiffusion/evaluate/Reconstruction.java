package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Images;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Images encoded as noise and made again, with several budgets: how far they come back (Song, Meng,
 * Ermon: Denoising diffusion implicit models, 2021, table 2).
 *
 * @param budgets evaluations of an image on the way back, ascending; no more on the way to noise
 * @param request all else: count, sampler, classes
 */
public record Reconstruction(List<Integer> budgets, SampleRequest request) {

  public Reconstruction {
    Check.that(!budgets.isEmpty(), "budgets", "none", "must be one or more");
    budgets = List.copyOf(budgets);
  }

  /**
   * What came back with one budget.
   *
   * @param budget evaluations that were allowed
   * @param evaluations that were used on the way back
   * @param error mean squared difference to the originals, in values from 0 to 1
   * @param images what came back
   */
  public record Row(int budget, long evaluations, double error, Images images) {}

  private record Line(int budget, long evaluations, double error) {}

  /** The rows as JSON, without the images. */
  public static String json(List<Row> rows) {
    return rows.stream()
        .map(row -> Tree.of(new Line(row.budget, row.evaluations, row.error)).toJson())
        .collect(Collectors.joining(",\n ", "[", "]"));
  }

  /**
   * Encodes and makes again.
   *
   * @param images the originals, as many as the request's
   * @throws IllegalArgumentException if sampler or images do not fit the model
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public List<Row> run(
      Model model, Images images, Consumer<Progress> progress, Cancellation cancellation) {
    float[] originals = images.floats();
    List<SampleRequest> requests =
        budgets.stream().map(budget -> request.evaluations(budget).floats(true)).toList();
    requests.forEach(model::check); // errors before the work
    List<Row> rows = new ArrayList<>();
    for (SampleRequest each : requests) {
      float[] noise = model.encode(each, originals, progress, cancellation);
      SampleResult back = model.sample(each.noise(noise), progress, cancellation);
      rows.add(
          new Row(
              each.evaluations(),
              back.evaluations(),
              error(originals, back.images().values()),
              back.images()));
    }
    return rows;
  }

  private static double error(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = (a[i] - b[i]) / 2;
      sum += difference * difference;
    }
    return sum / a.length;
  }
}
