package io.jiffusion.schedule;

import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;

/** Forward processes of every kind, on which whatever claims to work on any schedule is tried. */
public record Schedules(String name, NoiseSchedule schedule, double start, double end) {

  /** The processes, with times between which signal and noise both count. */
  public static Stream<Schedules> all() {
    return Stream.of(
        new Schedules("linear betas", DiscreteBetas.rescaledLinear(1000), 1, 0.02),
        new Schedules("cosine betas", DiscreteBetas.cosine(1000), 0.95, 0.02),
        new Schedules("few betas", DiscreteBetas.cosine(10), 0.9, 0.1),
        new Schedules("rectified flow", of(t -> 1 - t, t -> t), 0.98, 0.01),
        new Schedules(
            "sub-VP", of(t -> Math.exp(-4 * t * t), t -> 1 - Math.exp(-8 * t * t)), 1, 0.05),
        new Schedules("variance exploding", of(t -> 1, t -> 0.01 * Math.pow(1000, t)), 1, 0.1),
        new Schedules("EDM", added(20), 1, 1e-3));
  }

  /** Times evenly spaced in half log-SNR. */
  public TimeGrid grid(int steps) {
    double high = schedule.lambda(end);
    double low = schedule.lambda(start);
    double[] times = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      times[i] =
          i == 0 ? start : i == steps ? end : schedule.timeOf(low + i * (high - low) / steps);
    }
    return new TimeGrid(times);
  }

  /** EDM's process, data with added noise, {@code y = x0 + n·eps}, up to the given level. */
  public static NoiseSchedule added(double largest) {
    return of(t -> 1, t -> largest * t);
  }

  @Override
  public String toString() {
    return name;
  }

  private static NoiseSchedule of(DoubleUnaryOperator alpha, DoubleUnaryOperator sigma) {
    return new NoiseSchedule() {
      @Override
      public double alpha(double t) {
        return alpha.applyAsDouble(t);
      }

      @Override
      public double sigma(double t) {
        return sigma.applyAsDouble(t);
      }
    };
  }
}
