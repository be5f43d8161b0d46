package io.jiffusion.schedule;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Forward processes of every kind, on which whatever claims to work on any schedule is tried. */
public record Schedules(String name, NoiseSchedule schedule, double start, double end) {

  /** The processes, with times between which signal and noise both count. */
  public static Stream<Schedules> all() {
    return Stream.of(
        new Schedules("linear betas", DiscreteBetas.rescaledLinear(1000), 1, 0.02),
        new Schedules("cosine betas", DiscreteBetas.cosine(1000), 0.95, 0.02),
        new Schedules("few betas", DiscreteBetas.cosine(10), 0.9, 0.1),
        new Schedules("DPM-Solver's cosine", dpmSolver(DiscreteBetas.cosine(1000)), 1, 0.02),
        new Schedules(
            "zero terminal SNR", DiscreteBetas.rescaledLinear(1000).zeroTerminalSnr(), 0.99, 0.02),
        new Schedules("VP", new VariancePreserving(0.1, 20), 1, 0.02),
        new Schedules("sub-VP", new SubVariancePreserving(0.1, 20), 1, 0.1),
        new Schedules("VE", new VarianceExploding(0.01, 50), 1, 0.1),
        new Schedules("EDM", new Edm(0.002, 80), 1, 2e-4),
        new Schedules("rectified flow", new RectifiedFlow(), 0.98, 0.01),
        new Schedules("continuous cosine", new ContinuousCosine(), 0.9946, 0.02));
  }

  /**
   * A table as DPM-Solver takes it: without the last indices whose half log-SNR is below −5.1,
   * those left stretched over [0, 1]. Shortens a cosine table, and leaves a linear one as it is.
   */
  public static DiscreteBetas dpmSolver(DiscreteBetas table) {
    return DiscreteBetas.of(
        IntStream.range(0, table.steps())
            .filter(i -> i == 0 || table.lambda(table.time(i)) >= -5.1)
            .mapToDouble(table::beta)
            .toArray());
  }

  /** Times evenly spaced in half log-SNR. */
  public TimeGrid grid(int steps) {
    return Spacing.LOG_SNR.grid(schedule, steps, start, end);
  }

  @Override
  public String toString() {
    return name;
  }
}
