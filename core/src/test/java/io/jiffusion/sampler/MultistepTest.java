package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the multistep samplers are to each other and to DDIM, and on which grids. */
class MultistepTest {
  /** Only there are the coefficients of PNDM right; on all other grids it is of order 2. */
  @ParameterizedTest
  @CsvSource({"pndm, 4, 2", "plms, 3, 2", "ipndm, 2, 2", "lms, 2, 2"})
  void isOfHigherOrderOnEqualStepsOfTheNoiseLevelThanOnOthers(
      String text, double equal, double other) {
    Schedules edm =
        Schedules.all().filter(one -> one.name().equals("EDM")).findFirst().orElseThrow();
    Schedules middle = new Schedules("EDM from 2 to 1", edm.schedule(), 0.1, 0.05);
    assertThat(slope(text, middle, false)).isBetween(equal - 0.15, equal + 0.5);
    assertThat(slope(text, middle, true)).isBetween(other - 0.15, other + 0.5);
  }

  /** Up to the order that the first step leaves. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unipc:order=1,final=never                 | 2",
        "unipc:order=1,predictor-only              | 1",
        "unipc:order=2,final=never                 | 3",
        "unipc:order=2,final=never,variant=bh1     | 3",
        "unipc:order=2,final=never,variant=varying | 3",
        "unipc:order=2,final=never,predictor-only  | 2",
        "unipc:order=2                             | 2",
      })
  void gainsAnOrderByTheCorrectorAndLosesItByALastStepOfOrderOne(String text, double order) {
    Schedules linear = Schedules.all().findFirst().orElseThrow();
    assertThat(slope(text, linear, true)).isBetween(order - 0.15, order + 0.5);
  }

  private static double slope(String text, Schedules schedules, boolean logSnr) {
    Batch start = Flow.start(schedules);
    Batch exact = Flow.between(model(schedules.schedule()), schedules, start);
    double[] errors = new double[4];
    for (int i = 0; i < errors.length; i++) {
      int steps = 64 << i;
      double[] times = new double[steps + 1];
      for (int k = 0; k <= steps; k++) {
        times[k] = schedules.start() + k * (schedules.end() - schedules.start()) / steps;
      }
      TimeGrid grid = logSnr ? schedules.grid(steps) : new TimeGrid(times);
      Walk walk = new Walk(model(schedules.schedule()), schedules.schedule(), grid, Noise.NONE);
      errors[i] = Flow.distance(Samplers.parse(text).sample(walk, start), exact);
    }
    return Math.log(errors[0] / errors[3]) / Math.log(2) / 3;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unipc:order=0      | illegal order: 0, must be 1 or more",
        "deis:degree=-1     | illegal degree: -1, must be 0 or more",
        "lms:order=0        | illegal order: 0, must be 1 or more",
        "ipndm:order=5      | illegal order: 5, must be from 1 to 4",
        "sa-solver:tau=-1   | illegal tau: -1.0, must be 0 or more; 0 is deterministic, 1 the reverse diffusion",
        "sa-solver:predictor=0 | illegal orders: predictor 0 and corrector 4, must be 1 or more and 0 or more; 0 is no corrector",
      })
  void refusesOrdersThatDoNotExist(String text, String message) {
    assertThatThrownBy(() -> Samplers.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void refusesToStartWhereThereIsNoSignal() {
    NoiseSchedule flow = new RectifiedFlow();
    Walk walk = new Walk(model(flow), flow, new TimeGrid(new double[] {1, 0.5, 0}), Noise.NONE);
    assertThatThrownBy(() -> new Lms(2, true).sample(walk, Noise.start(new long[] {1}, 2, 1, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal time: 1.0, where alpha is 0, must have a signal for Lms[order=2,"
                + " endsAtData=true]; take times below it, or the sampler ddim");
  }

  private static MixtureDenoiser model(NoiseSchedule schedule) {
    return MixtureDenoiser.of(schedule, "plane");
  }
}
