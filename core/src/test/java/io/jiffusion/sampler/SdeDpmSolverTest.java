package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

  /**
   * The two draws of a step belong to one path, which the contract's recursion knows nothing of: on
   * a Gaussian the end is affine in each, and their correlation is known.
   */
  @Test
  void hasTheMomentsOfItsChainWithBothNoisesOfAStepOfOnePath() {
    Sampler sampler = new SdeDpmSolver(1, 1);
    double[] exact = moments(sampler, 6);
    int images = 10_000;
    long[] seeds = LongStream.range(0, images).toArray();
    Batch start = Noise.start(seeds, 1, 1, 1);
    double[] made =
        sampler
            .sample(
                new Walk(gaussian(), SCHEDULES.schedule(), SCHEDULES.grid(6), Noise.keyed(seeds)),
                start)
            .data();
    double mean = Arrays.stream(made).average().orElseThrow();
    double variance = Arrays.stream(made).map(x -> (x - mean) * (x - mean)).sum() / (images - 1);
    assertThat(mean).isCloseTo(exact[0], within(4 * Math.sqrt(exact[1] / images)));
    assertThat(variance).isCloseTo(exact[1], within(4 * exact[1] * Math.sqrt(2.0 / images)));
  }

  @Test
  void goesToTheVarianceOfTheDataAtOrderTwoWhereTheNoisesOfAStepAreOfOnePath() {
    double end = SCHEDULES.end();
    double signal = SCHEDULES.schedule().alpha(end) * 0.5;
    double noise = SCHEDULES.schedule().sigma(end);
    double[] errors = new double[4];
    for (int i = 0; i < 4; i++) {
      double variance = moments(new SdeDpmSolver(1, 1), 32 << i)[1];
      errors[i] = Math.abs(variance - (signal * signal + noise * noise));
    }
    for (int i = 1; i < 4; i++) {
      assertThat(errors[i]).isLessThan(errors[i - 1] / 3.5);
    }
  }

  private static MixtureDenoiser gaussian() {
    return MixtureDenoiser.gaussian(SCHEDULES.schedule(), 0.3, 0.5);
  }

  /** Mean and variance at the end of a walk from standard normal states. */
  private static double[] moments(Sampler sampler, int steps) {
    TimeGrid grid = SCHEDULES.grid(steps);
    NoiseSchedule schedule = SCHEDULES.schedule();
    double origin = end(sampler, grid, Noise.NONE, 0);
    double slope = end(sampler, grid, Noise.NONE, 1) - origin;
    double variance = slope * slope;
    for (int k = 0; k < steps; k++) {
      double[] gain = new double[2];
      for (int j = 0; j < 2; j++) {
        int which = 2 * k + j;
        Noise unit = (draw, image, out, from, count) -> out[from] = draw == which ? 1 : 0;
        gain[j] = end(sampler, grid, unit, 0) - origin;
      }
      double h = schedule.lambda(grid.time(k + 1)) - schedule.lambda(grid.time(k));
      double correlation = Math.sqrt(Math.expm1(h) / Math.expm1(2 * h)); // half of h: e^(2·h/2)
      variance += gain[0] * gain[0] + gain[1] * gain[1] + 2 * correlation * gain[0] * gain[1];
    }
    return new double[] {origin, variance};
  }

  private static double end(Sampler sampler, TimeGrid grid, Noise noise, double start) {
    return sampler.sample(
            new Walk(gaussian(), SCHEDULES.schedule(), grid, noise),
            new Batch(1, 1, 1, 1, new double[] {start}))
        .data()[0];
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
