package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.process.Noise;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.schedule.Spacings;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The sampler and the times that a request means for a process.
 *
 * @param edit what is made of given pictures, by the sampler
 * @param spacing the name of the times
 */
record ResolvedRequest(Sampler sampler, Edit edit, TimeGrid grid, String spacing) {
  /**
   * The sampler that a request names.
   *
   * @param optimal the measured variance, asked if the sampler needs it
   */
  static Sampler named(
      ProcessConfig process, SampleRequest request, Supplier<OptimalVariance> optimal) {
    return request
        .sampler()
        .make(new Samplers.Context(process.variance(), process.rederive(), optimal));
  }

  /** For those who ask what a request does, not what it makes: with any measured variance. */
  static ResolvedRequest of(ProcessConfig process, SampleRequest request) {
    SampleRequest filled = Defaults.fill(request, process);
    return of(process, filled, named(process, filled, () -> new OptimalVariance(new double[] {1})));
  }

  /**
   * The way of a sampler, whether the request names it or not.
   *
   * @param request that leaves nothing open
   * @throws IllegalArgumentException if sampler, steps, budget or spacing do not fit the process
   */
  static ResolvedRequest of(ProcessConfig process, SampleRequest request, Sampler sampler) {
    String spacing =
        request.spacing().equals(SampleRequest.AUTO)
            ? process.spacing(request.sampler().method().spacing())
            : request.spacing();
    Edit edit = request.edit();
    Sampler counted = edit.cuts() ? sampler : edit.around(sampler, null, Noise.NONE);
    TimeGrid grid =
        request.steps() > 0
            ? grid(process, spacing, request.steps())
            : within(process, counted, spacing, request);
    ResolvedRequest route = new ResolvedRequest(sampler, edit, grid, spacing);
    Check.that(
        !edit.repeats() || route.arrivals() > grid.steps(),
        "edit",
        request.edit(),
        "must have a smaller jump or fewer times, or be given more evaluations: in these "
            + grid.steps()
            + " steps nothing is repeated");
    return route;
  }

  /** How often the denoiser is evaluated for an image; empty if that depends on the way. */
  OptionalInt evaluations() {
    return edit.around(sampler, null, Noise.NONE).evaluations(grid);
  }

  /** Steps that are walked: not those of the grid where an edit repeats or leaves out some. */
  int arrivals() {
    Sampler one = (walk, x) -> x;
    return edit.around(one, null, Noise.NONE).evaluations(grid).orElseThrow();
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
    return Spacings.parse(spacing, process.noiseSchedule(), steps);
  }
}
