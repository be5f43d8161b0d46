package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.sampler.UniPc.Variant;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the multistep samplers are to each other and to DDIM, and on which grids. */
class MultistepTest {
  private static final LowerOrder NEVER = LowerOrder.NEVER;

  /** The same sampler under several names. */
  static Stream<List<Sampler>> same() {
    List<Sampler> ddim =
        new ArrayList<>(
            List.of(
                new Ddim(0),
                new Lms(1, true),
                new Pndm(1, Pndm.Start.LOWER_ORDER, true),
                new SaSolver(1, 0, 0, NEVER)));
    for (Deis.Axis axis : Deis.Axis.values()) {
      ddim.add(new Deis(0, axis, NEVER));
    }
    for (DpmForm form : DpmForm.values()) {
      ddim.add(new UniPc(1, Variant.BH2, form, false, NEVER));
    }
    return Stream.of(
        ddim,
        List.of(new Lms(4, true), new Deis(3, Deis.Axis.RHO, NEVER)),
        List.of(
            new Deis(2, Deis.Axis.LOG_RHO, NEVER),
            new UniPc(3, Variant.VARYING, DpmForm.NOISE, false, NEVER)),
        List.of(
            new SaSolver(3, 4, 0, LowerOrder.ALWAYS),
            new UniPc(3, Variant.VARYING, DpmForm.DATA, true, LowerOrder.ALWAYS)),
        List.of(new Ddim(1), new SaSolver(1, 0, 1, NEVER)));
  }

  static Stream<Arguments> sameOnSchedules() {
    return Schedules.all()
        .flatMap(schedule -> same().map(samplers -> Arguments.of(samplers, schedule)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("sameOnSchedules")
  void hasSeveralNamesForTheSame(List<Sampler> samplers, Schedules schedules) {
    double[] times = Arrays.copyOf(schedules.grid(7).times(), 9);
    for (TimeGrid grid : List.of(schedules.grid(7), new TimeGrid(times))) {
      List<double[]> first = states(samplers.get(0), schedules, grid);
      for (Sampler sampler : samplers) {
        List<double[]> others = states(sampler, schedules, grid);
        for (int k = 0; k < grid.steps(); k++) {
          assertThat(others.get(k))
              .as("state %d of %s", k, sampler)
              .containsExactly(first.get(k), within(1e-10));
        }
      }
    }
  }

  private static List<double[]> states(Sampler sampler, Schedules schedules, TimeGrid grid) {
    List<double[]> states = new ArrayList<>();
    Noise noise = (draw, image, out, from, count) -> Arrays.fill(out, from, from + count, draw - 3);
    Walk walk =
        new Walk(model(schedules.schedule()), schedules.schedule(), grid, noise)
            .watch((k, t, x) -> states.add(x.data()));
    sampler.sample(walk, Flow.start(schedules));
    return states;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"unipc", "unipc:form=noise", "deis:axis=rho", "deis:axis=log-rho", "ipndm", "lms"})
  void goesTheSameWayInSignalToNoiseOnAllSchedules(String text) {
    double[] first = null;
    for (Schedules schedules : Schedules.all().toList()) {
      double[] end = betweenTwoLevels(text, schedules.schedule());
      first = first == null ? end : first;
      assertThat(end).as("%s", schedules).containsExactly(first, within(1e-9));
    }
  }

  @ParameterizedTest
  @CsvSource({"deis", "pndm"})
  void goesItsOwnWayWhereItLooksAtTheTime(String text) {
    List<Schedules> all = Schedules.all().toList();
    assertThat(betweenTwoLevels(text, all.get(0).schedule())[0])
        .isNotCloseTo(betweenTwoLevels(text, all.get(1).schedule())[0], within(1e-6));
  }

  /** The end in x/alpha of a walk from half log-SNR −2 to 3 in eight equal steps. */
  private static double[] betweenTwoLevels(String text, NoiseSchedule schedule) {
    double[] times = new double[9];
    for (int k = 0; k < times.length; k++) {
      times[k] = schedule.timeOf(-2 + k * 5 / 8.0);
    }
    Batch start = Noise.start(new long[] {1, 2}, 2, 1, 1);
    Walk walk = new Walk(model(schedule), schedule, new TimeGrid(times), Noise.NONE);
    return Samplers.parse(text)
        .sample(walk, start.times(8 * schedule.alpha(times[0])))
        .times(1 / schedule.alpha(times[8]))
        .data();
  }

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
