package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SdeDpmSolverTest {
  private static final Schedules SCHEDULES =
      new Schedules("VP", new VariancePreserving(0.1, 20), 1, 0.02);
  private static final long[] SEEDS = LongStream.range(0, 64).toArray();
  private static final Batch PATH = end(new SdeDpmSolverMultistep(3), 1024);

  static Stream<Sampler> samplers() {
    return Stream.of(
        new SdeDpmSolverMultistep(1),
        new SdeDpmSolverMultistep(2),
        new SdeDpmSolverMultistep(2, DpmType.TAYLOR, 1, 1),
        new SdeDpmSolverMultistep(3),
        new SdeDpmSolver(1, 1));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void followsThePathOfItsSeedTheCloserTheFinerTheGrid(Sampler sampler) {
    double first = distance(end(sampler, 16), PATH);
    double before = first;
    for (int steps = 32; steps <= 256; steps *= 2) {
      double error = distance(end(sampler, steps), PATH);
      assertThat(error).isLessThan(0.8 * before);
      before = error;
    }
    assertThat(before).isLessThan(first / 8); // four halvings at strong order 1
  }

  private static Batch end(Sampler sampler, int steps) {
    MixtureDenoiser model = MixtureDenoiser.of(SCHEDULES.schedule(), "plane");
    TimeGrid grid = SCHEDULES.grid(steps);
    Walk walk = new Walk(model, SCHEDULES.schedule(), grid, Noise.keyed(SEEDS));
    return sampler.sample(walk, Noise.start(SEEDS, 2, 1, 1));
  }

  /** The median of the differences: some paths end at another component of the mixture. */
  private static double distance(Batch x, Batch y) {
    double[] all =
        IntStream.range(0, x.data().length)
            .mapToDouble(i -> Math.abs(x.data()[i] - y.data()[i]))
            .sorted()
            .toArray();
    return all[all.length / 2];
  }
}
