package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The exact probability flow of a mixture, to compare samplers with. */
final class Flow {
  private static final int STEPS = 4000;

  private static final Map<String, Batch> KNOWN = new ConcurrentHashMap<>();

  private Flow() {}

  /** Four states of the plane at the start of a schedule. */
  static Batch start(Schedules schedules) {
    return Noise.start(new long[] {1, 2, 3, 4}, 2, 1, 1)
        .times(schedules.schedule().sigma(schedules.start()));
  }

  /**
   * Where the flow leads these states, from the start to the end of the schedules: Runge and
   * Kutta's method of order 4 in y = x/alpha over half log-SNR, where the flow is {@code dy/dλ =
   * x̂0 − y}, extrapolated (Richardson).
   */
  static Batch between(MixtureDenoiser model, Schedules schedules, Batch start) {
    return KNOWN.computeIfAbsent(
        schedules.name(),
        name ->
            Batch.lincomb(
                16.0 / 15,
                solve(model, schedules, start, STEPS),
                -1.0 / 15,
                solve(model, schedules, start, STEPS / 2)));
  }

  private static Batch solve(MixtureDenoiser model, Schedules schedules, Batch start, int steps) {
    NoiseSchedule schedule = schedules.schedule();
    double lambda = schedule.lambda(schedules.start());
    double h = (schedule.lambda(schedules.end()) - lambda) / steps;
    Batch y = start.times(1 / schedule.alpha(schedules.start()));
    for (int k = 0; k < steps; k++) {
      double at = lambda + k * h;
      Batch k1 = slope(model, y, at);
      Batch k2 = slope(model, Batch.lincomb(1, y, h / 2, k1), at + h / 2);
      Batch k3 = slope(model, Batch.lincomb(1, y, h / 2, k2), at + h / 2);
      Batch k4 = slope(model, Batch.lincomb(1, y, h, k3), at + h);
      y = Batch.lincomb(new double[] {1, h / 6, h / 3, h / 3, h / 6}, y, k1, k2, k3, k4);
    }
    return y.times(schedule.alpha(schedules.end()));
  }

  private static Batch slope(MixtureDenoiser model, Batch y, double lambda) {
    return Batch.lincomb(1, model.x0(y, 1, Math.exp(-lambda)), -1, y);
  }

  /** The largest difference of two values. */
  static double distance(Batch x, Batch y) {
    double largest = 0;
    for (int i = 0; i < x.data().length; i++) {
      largest = Math.max(largest, Math.abs(x.data()[i] - y.data()[i]));
    }
    return largest;
  }
}
