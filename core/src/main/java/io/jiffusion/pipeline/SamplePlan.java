package io.jiffusion.pipeline;

import io.jiffusion.config.ProcessConfig;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The way that a request takes through a process, known before it runs.
 *
 * @param spacing the name of the times
 * @param rows the steps, in order
 * @param evaluations of the denoiser, for each image; 0 if the sampler decides on the way
 * @param passes of each image through the network: guidance doubles them
 * @param stochastic whether the sampler adds noise on the way
 */
public record SamplePlan(
    String spacing, List<Row> rows, int evaluations, int passes, boolean stochastic) {

  /**
   * One step.
   *
   * @param time where it starts, in [0, 1]
   * @param label what the network is told of that time
   * @param alpha signal scale there
   * @param sigma noise scale there
   * @param lambda half log-SNR there
   * @param next time where it ends; 0 for no noise
   */
  public record Row(
      double time, double label, double alpha, double sigma, double lambda, double next) {}

  /**
   * The plan of a request.
   *
   * @throws IllegalArgumentException if sampler, steps or spacing do not fit the process
   */
  public static SamplePlan of(ProcessConfig process, SampleRequest request) {
    NoiseSchedule schedule = process.noiseSchedule();
    ResolvedRequest route = ResolvedRequest.of(process, request);
    TimeGrid grid = route.edit().walked(route.grid(), schedule);
    List<Row> rows =
        IntStream.range(0, grid.steps())
            .mapToObj(
                k -> {
                  double t = grid.time(k);
                  return new Row(
                      t,
                      process.timeLabel().at(t),
                      schedule.alpha(t),
                      schedule.sigma(t),
                      schedule.lambda(t),
                      grid.time(k + 1));
                })
            .toList();
    int evaluations = route.evaluations().orElse(0);
    boolean both = request.guidance() != 1 && request.guidance() != 0;
    return new SamplePlan(
        route.spacing(),
        rows,
        evaluations,
        both ? 2 * evaluations : evaluations,
        route.sampler().stochastic());
  }
}
