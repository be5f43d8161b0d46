package io.jiffusion.pipeline;

import io.jiffusion.process.OptimalVariance;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.function.Supplier;

/**
 * The sampler and the times that a request means for a process.
 *
 * @param spacing the name of the times
 */
record Route(Sampler sampler, TimeGrid grid, String spacing) {
  /** A variance for those who ask what a sampler does, not what it makes. */
  static final Supplier<OptimalVariance> ANY = () -> new OptimalVariance(new double[] {1});

  private static final String AUTO = "auto";

  /**
   * Finds them.
   *
   * @param optimal the measured variance, asked if the sampler needs it
   * @throws IllegalArgumentException if sampler, steps, budget or spacing do not fit the process
   */
  static Route of(ProcessConfig process, SampleRequest request, Supplier<OptimalVariance> optimal) {
    Samplers.Given given = new Samplers.Given(process.variance(), process.rederive(), optimal);
    Sampler sampler = Samplers.parse(request.sampler(), given);
    String spacing =
        request.spacing().equals(AUTO)
            ? process.spacing(Samplers.method(request.sampler()).spacing())
            : request.spacing();
    if (request.steps() > 0) {
      return new Route(sampler, grid(process, spacing, request.steps()), spacing);
    }
    return new Route(sampler, within(process, sampler, spacing, request), spacing);
  }

  /** The grid of most steps that need no more evaluations than the budget. */
  private static TimeGrid within(
      ProcessConfig process, Sampler sampler, String spacing, SampleRequest request) {
    int budget = request.evaluations();
    int most = 0; // steps that are known to fit
    int tooMany = budget + 1;
    while (tooMany - most > 1) {
      int steps = (most + tooMany) / 2;
      if (sampler.evaluations(grid(process, spacing, steps)).orElseThrow(() -> unbounded(request))
          <= budget) {
        most = steps;
      } else {
        tooMany = steps;
      }
    }
    Check.that(
        most > 0,
        "evaluations",
        budget,
        "must be more for sampler " + request.sampler() + ", whose first step needs more");
    return grid(process, spacing, most);
  }

  private static IllegalArgumentException unbounded(SampleRequest request) {
    return new IllegalArgumentException(
        "illegal evaluations: "
            + request.evaluations()
            + " with sampler "
            + request.sampler()
            + ", must be left out: it takes as many as its tolerance asks for; give it rtol and atol"
            + " instead");
  }

  private static TimeGrid grid(ProcessConfig process, String spacing, int steps) {
    return Spacing.parse(spacing, process.noiseSchedule(), steps);
  }
}
