package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Images;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import io.jiffusion.sampler.Samplers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Several samplers with several budgets from the same noise, measured by their distance to the
 * exact flow: a third-order solver on a fine grid between the same times.
 *
 * <p>All end at the least noisy time of the training, without a last step to no noise, where the
 * orders of the solvers show. A stochastic sampler makes other images from the same noise, so its
 * distance says nothing and is left out.
 *
 * @param samplers as in {@link SampleRequest}
 * @param budgets evaluations of an image, ascending
 * @param reference evaluations of the reference
 * @param request all else: count, seed, classes, guidance
 */
public record Comparison(
    List<String> samplers, List<Integer> budgets, int reference, SampleRequest request) {
  private static final String EXACT = "dpm-solver-3";

  public Comparison {
    Check.that(!samplers.isEmpty(), "samplers", "none", "must be one or more");
    Check.that(!budgets.isEmpty(), "budgets", "none", "must be one or more");
    for (int i = 0; i < budgets.size(); i++) {
      Check.that(
          budgets.get(i) > (i == 0 ? 0 : budgets.get(i - 1)),
          "budgets",
          budgets,
          "must be 1 or more and ascend");
    }
    samplers.forEach(Samplers::method);
    samplers = List.copyOf(samplers);
    budgets = List.copyOf(budgets);
  }

  /**
   * What one sampler made of one budget.
   *
   * @param sampler its name
   * @param budget evaluations that it was allowed
   * @param evaluations that it used
   * @param distance root mean square difference to the reference, of values in [−1, 1]; null if the
   *     sampler is stochastic
   * @param seconds for all images
   * @param images what it made
   */
  public record Row(
      String sampler,
      int budget,
      long evaluations,
      Double distance,
      double seconds,
      Images images) {}

  /**
   * All that was made.
   *
   * @param rows by sampler, then by budget
   * @param reference the exact images, as far as known
   */
  public record Result(List<Row> rows, Images reference) {

    /** The rows as JSON, without the images. */
    public String json() {
      return rows.stream()
          .map(Result::line)
          .map(line -> Tree.of(line).toJson())
          .collect(Collectors.joining(",\n ", "[", "]"));
    }

    private record Line(
        String sampler, int budget, long evaluations, double distance, double seconds) {}

    private static Line line(Row row) {
      return new Line(
          row.sampler,
          row.budget,
          row.evaluations,
          row.distance == null ? Double.NaN : row.distance,
          Math.round(1e3 * row.seconds) / 1e3);
    }
  }

  /**
   * Makes and measures.
   *
   * @throws IllegalArgumentException if a sampler or a budget does not fit the model
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public Result run(Model model, Consumer<Progress> progress, Cancellation cancellation) {
    List<SampleRequest> requests = new ArrayList<>();
    requests.add(request(EXACT, reference));
    for (String sampler : samplers) {
      for (int budget : budgets) {
        requests.add(request(sampler, budget));
      }
    }
    requests.forEach(model::check); // errors before the work
    long total = requests.stream().mapToLong(SampleRequest::evaluations).sum() * request.count();
    long begin = System.nanoTime();
    long done = 0;
    List<SampleResult> results = new ArrayList<>();
    for (SampleRequest each : requests) {
      long before = done;
      results.add(
          model.sample(
              each,
              part ->
                  progress.accept(
                      new Progress(
                          "evaluations",
                          before + part.done(),
                          total,
                          (System.nanoTime() - begin) * 1e-9,
                          each.sampler() + " " + each.evaluations())),
              cancellation));
      done += (long) each.evaluations() * request.count();
    }
    Images exact = results.get(0).images();
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < requests.size(); i++) {
      SampleRequest asked = requests.get(i);
      SampleResult made = results.get(i);
      boolean stochastic = SamplePlan.of(model.config().process(), asked).stochastic();
      rows.add(
          new Row(
              asked.sampler().text(),
              asked.evaluations(),
              made.evaluations(),
              stochastic ? null : distance(made.images(), exact),
              made.seconds(),
              made.images()));
    }
    return new Result(rows, exact);
  }

  private SampleRequest request(String sampler, int budget) {
    String spacing = request.spacing();
    if (spacing.equals("auto")) {
      spacing = Samplers.method(sampler).spacing();
      spacing = spacing.equals("uniform") ? "time" : spacing; // the same ends for all
    }
    return request
        .sampler(sampler)
        .evaluations(budget)
        .spacing(spacing + (spacing.contains(":") ? "," : ":") + "keep-noise")
        .floats(true);
  }

  private static double distance(Images a, Images b) {
    double sum = 0;
    for (int i = 0; i < a.values().length; i++) {
      double difference = a.values()[i] - b.values()[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum / a.values().length);
  }
}
