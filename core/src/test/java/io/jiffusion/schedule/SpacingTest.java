package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class SpacingTest {
  private static final NoiseSchedule VP = new VariancePreserving(0.1, 20);

  private static Stream<JsonNode> cases(String resource, String list) {
    return StreamSupport.stream(Fixtures.json(resource).get(list).spliterator(), false);
  }

  static Stream<JsonNode> kDiffusion() {
    return cases("schedules/sigma_grids.json", "grids");
  }

  @ParameterizedTest
  @MethodSource("kDiffusion")
  void equalsKDiffusionsNoiseLevels(JsonNode entry) {
    double[] expected =
        Fixtures.tensors("schedules/sigma_grids.safetensors")
            .get(entry.get("key").asString())
            .values();
    int n = entry.get("n").asInt();
    double rho = entry.path("rho").asDouble(0);
    NoiseSchedule schedule =
        entry.has("sigma_min")
            ? new Edm(entry.get("sigma_min").asDouble(), entry.get("sigma_max").asDouble())
            : new VariancePreserving(
                entry.get("beta_min").asDouble(),
                entry.get("beta_min").asDouble() + entry.get("beta_d").asDouble());
    String text =
        switch (entry.get("function").asString()) {
          case "get_sigmas_karras" -> "karras:rho=" + rho;
          case "get_sigmas_exponential" -> "exponential";
          case "get_sigmas_polyexponential" -> "polyexponential:rho=" + rho;
          case "get_sigmas_vp" -> "time:end=" + entry.get("eps_s").asDouble();
          default -> throw new AssertionError(entry);
        };
    TimeGrid grid = Spacings.parse(text, schedule, n);
    assertThat(grid.steps()).isEqualTo(n).isEqualTo(expected.length - 1);
    assertThat(grid.endsWithoutNoise()).isTrue();
    for (int i = 0; i < n; i++) {
      assertThat(schedule.noiseLevel(grid.time(i)))
          .isCloseTo(expected[i], within(1e-9 * expected[i]));
    }
  }

  static Stream<JsonNode> dpmSolver() {
    return cases("schedules/dpm_solver_schedule.json", "schedules")
        .flatMap(
            schedule ->
                schedule.has("grids")
                    ? StreamSupport.stream(schedule.get("grids").spliterator(), false)
                    : Stream.empty());
  }

  @ParameterizedTest
  @MethodSource("dpmSolver")
  void equalsDpmSolversTimes(JsonNode entry) {
    String key = entry.get("key").asString();
    double[] expected =
        Fixtures.tensors("schedules/dpm_solver_schedule.safetensors").get(key).values();
    String name =
        switch (entry.get("skip_type").asString()) {
          case "logSNR" -> "logsnr";
          case "time_uniform" -> "time";
          case "time_quadratic" -> "time-quadratic";
          default -> throw new AssertionError(entry);
        };
    String ends =
        ":end=" + entry.get("t_end").asDouble() + ",start=" + entry.get("t_start").asDouble();
    int steps = entry.get("N").asInt();
    TimeGrid grid =
        Spacings.parse(name + ends + ",keep-noise", DpmSolverScheduleTest.ours(key), steps);
    assertThat(grid.times()).containsExactly(expected, within(1e-9));
  }

  static Stream<JsonNode> ablation() {
    return cases("solvers/edm_plane.json", "cases")
        .filter(
            entry -> entry.path("solver").asString("").equals("euler") && !entry.has("S_churn"));
  }

  @ParameterizedTest
  @MethodSource("ablation")
  void equalsEdmsDiscretizations(JsonNode entry) {
    JsonNode expected = entry.get("sigmas_evaluated");
    int steps = entry.get("num_steps").asInt();
    String discretization = entry.get("discretization").asString();
    VariancePreserving vp = new VariancePreserving(0.1, 20);
    NoiseSchedule schedule =
        switch (discretization) {
          case "vp" -> new Edm(vp.noiseLevel(1e-3), vp.noiseLevel(1));
          case "ve" -> new Edm(0.02, 100);
          case "iddpm" -> new Edm(0.002, 81);
          default -> new Edm(0.002, 80);
        };
    String text =
        switch (discretization) {
          case "ve" -> "exponential";
          case "edm" -> "karras";
          default -> "edm-" + discretization;
        };
    TimeGrid grid = Spacings.parse(text, schedule, steps);
    assertThat(grid.steps()).isEqualTo(steps).isEqualTo(expected.size());
    for (int i = 0; i < steps; i++) {
      double level = expected.get(i).asDouble();
      assertThat(schedule.noiseLevel(grid.time(i))).isCloseTo(level, within(1e-9 * level));
    }
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void spacesExponentialNoiseLevelsEvenlyInHalfLogSnr(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    String ends = "start=" + schedules.start() + ",end=" + schedules.end();
    TimeGrid grid = Spacings.parse("exponential:" + ends, schedule, 9);
    assertThat(grid).isEqualTo(Spacings.parse("logsnr:" + ends, schedule, 9));
    double ratio = schedule.noiseLevel(grid.time(1)) / schedule.noiseLevel(grid.time(0));
    for (int i = 1; i < 9; i++) {
      double next = schedule.noiseLevel(grid.time(i)) / schedule.noiseLevel(grid.time(i - 1));
      assertThat(next).isCloseTo(ratio, within(1e-10));
    }
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void makesTheStepsAskedForOnEverySchedule(Schedules schedules) {
    String ends = "start=" + schedules.start() + ",end=" + schedules.end();
    for (String name :
        new String[] {"time", "time-quadratic", "logsnr", "karras", "polyexponential:rho=2,"}) {
      String text = name + (name.endsWith(",") ? "" : ":") + ends;
      for (int steps : new int[] {1, 2, 3, 10}) {
        TimeGrid toData = Spacings.parse(text, schedules.schedule(), steps);
        TimeGrid noisy = Spacings.parse(text + ",keep-noise", schedules.schedule(), steps);
        assertThat(toData.steps()).isEqualTo(noisy.steps()).isEqualTo(steps);
        assertThat(toData.time(0)).isEqualTo(noisy.time(0)).isEqualTo(schedules.start());
        assertThat(toData.endsWithoutNoise()).isTrue();
        assertThat(noisy.time(steps)).isEqualTo(schedules.end());
        if (steps > 1) {
          assertThat(toData.time(steps - 1)).isEqualTo(schedules.end());
          assertThat(toData.part(0, steps - 1))
              .isEqualTo(Spacings.parse(text + ",keep-noise", schedules.schedule(), steps - 1));
        }
      }
    }
  }

  @Test
  void takesTheEndsOfTheScheduleWhereNoneAreGiven() {
    assertThat(Spacings.parse("time", VP, 3).times())
        .containsExactly(new double[] {1, 0.5005, 1e-3, 0}, within(1e-15));
    assertThat(Spacings.parse("time", new ContinuousCosine(), 2).time(0)).isEqualTo(0.9946);
    assertThat(Spacings.parse("karras", new Edm(0.002, 80), 2).time(1)).isEqualTo(0.002 / 80);
    assertThat(Spacings.parse("time", DiscreteBetas.cosine(4), 4).times())
        .containsExactly(1, 0.75, 0.5, 0.25, 0);
  }

  @Test
  void spreadsTimesAsFarAsTheDataWhereTheEndIs0() {
    assertThat(Spacings.parse("time:start=1,end=0", new RectifiedFlow(), 4).times())
        .containsExactly(1, 0.75, 0.5, 0.25, 0);
    assertThat(Spacings.parse("time-quadratic:end=0", VP, 2).times()).containsExactly(1, 0.25, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "uniform",
        "leading",
        "trailing",
        "linspace",
        "quadratic",
        "ddim5",
        "5",
        "list:0,2,4,6,8"
      })
  void chooseIndicesOfATableAsRespacingDoes(String text) {
    DiscreteBetas table = DiscreteBetas.cosine(10);
    assertThat(Spacings.parse(text, table, 5))
        .isEqualTo(TimeGrid.of(10, Respacing.parse(text, 10, 5)));
  }

  @Test
  void takesExplicitTimes() {
    assertThat(Spacings.parse("times:1, 0.5,0.1,0", VP, 3).times()).containsExactly(1, 0.5, 0.1, 0);
    assertThat(Spacings.parse("times:0.1,0.5,1", VP, 2).ascending()).isTrue();
  }

  @Test
  void canLeadFromDataToNoise() {
    TimeGrid grid = Spacing.LOG_SNR.grid(VP, 7, 0.01, 1);
    assertThat(grid.ascending()).isTrue();
    double[] there = grid.times();
    double[] back = Spacing.LOG_SNR.grid(VP, 7, 1, 0.01).reversed().times();
    assertThat(there).containsExactly(back, within(1e-12));
  }

  @Test
  void isDenserNearTheDataWithALargerRho() {
    double[] middle =
        IntStream.of(1, 3, 7, 20)
            .mapToDouble(rho -> Spacing.karras(rho).grid(VP, 2, 1, 0.01).time(1))
            .toArray();
    assertThat(middle).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(Arrays.stream(middle).min().orElseThrow())
        .isGreaterThan(Spacing.LOG_SNR.grid(VP, 2, 1, 0.01).time(1)); // rho without end
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uniform          | 5 | illegal spacing: uniform on a process in continuous time, must be one of time, time-quadratic, logsnr, exponential, karras, polyexponential, dpm-solver-fast, beta, flow, edm-vp, edm-iddpm, or times:1,0.5,0; uniform chooses among the steps of a trained table",
        "karas            | 5 | illegal spacing: karas, must be one of uniform, quadratic, leading, trailing, linspace, dpm-leading, dpm-linspace, dpm-trailing, time, time-quadratic, logsnr, exponential, karras, polyexponential, dpm-solver-fast, beta, flow, edm-vp, edm-iddpm, ddimN, counts such as 10,10,5, list:0,10,20, or times:1,0.5,0; the nearest name is karras",
        "karras:rho=0     | 5 | illegal rho: 0.0, must be above 0",
        "karras:roh=7     | 5 | illegal option roh of spacing karras:roh=7, must be one of rho, start, end, keep-noise, repeat; the nearest is rho",
        "time:rho=7       | 5 | illegal option rho of spacing time:rho=7, must be one of start, end, keep-noise, repeat; the nearest is end",
        "time             | 0 | illegal steps: 0, must be 1 or more",
        "time:end=1e-6    | 5 | illegal ends of spacing time: from 1.0 to 1.0E-6, must descend from at most 1 to at least 1.0E-5, the least noisy time of the training",
        "time:start=0.1,end=0.2 | 5 | illegal ends of spacing time: from 0.1 to 0.2, must descend from at most 1 to at least 1.0E-5, the least noisy time of the training",
        "time:end=0,keep-noise  | 5 | illegal ends of spacing time: from 1.0 to 0.0, must descend from at most 1 to at least 1.0E-5, the least noisy time of the training",
        "logsnr:end=0     | 5 | illegal end of a spacing in noise levels: time 0.0, where half log-SNR is Infinity, must have both signal and noise; give start= and end= further inside, or use the spacing time",
        "edm-iddpm        | 999 | illegal steps: 999 for spacing edm-iddpm, must be at most 993, the noise levels of its table between these ends",
        "times:1,0.5,0    | 5 | illegal steps: 5 with spacing times:1,0.5,0, must be 2, the intervals between these times",
        "times:1,x        | 1 | illegal spacing: times:1,x, must be numbers such as times:1,0.5,0.1,0",
        "times            | 1 | illegal spacing: times, must be numbers such as times:1,0.5,0.1,0",
        "times:0.5,0.7,0  | 2 | illegal time 2: 0.0 after 0.7, must be larger than the one before",
      })
  void namesTheValueTheRuleAndTheRemedy(String text, int steps, String message) {
    assertThatThrownBy(() -> Spacings.parse(text, VP, steps))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void refusesNoiseLevelsThatNoVpSdeGoesBetween() {
    assertThatThrownBy(() -> Spacing.edmVp(1e-3).grid(VP, 5, 0.9, 0.8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("illegal ends of spacing edm-vp: half log-SNR from -4.07")
        .hasMessageEndingWith(
            ", must be further apart, since no VP SDE goes from one to the other in times 1 to 0.001;"
                + " use logsnr or karras");
  }

  @Test
  void needsSignalAtBothEndsToSpaceNoiseLevels() {
    assertThatThrownBy(() -> Spacings.parse("karras:start=1", new RectifiedFlow(), 5))
        .hasMessageStartingWith(
            "illegal end of a spacing in noise levels: time 1.0, where half log-SNR is -Infinity");
    assertThat(Spacings.parse("karras", new RectifiedFlow(), 5).time(0)).isEqualTo(0.999);
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void takesTheSchedulesOwnEndsHoweverTheyAreWritten(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    double least = schedule.trainingRange().min();
    NoiseScheduleTest.written(least)
        .forEach(
            end -> {
              TimeGrid grid = Spacings.parse("time:keep-noise,start=0.9,end=" + end, schedule, 3);
              assertThat(grid.time(3)).isBetween(least, least * (1 + 1e-5));
            });
    NoiseScheduleTest.written(1)
        .forEach(
            start -> {
              TimeGrid grid = Spacings.parse("time:start=" + start, schedule, 3);
              assertThat(grid.time(0)).isBetween(1 - 1e-5, 1.0);
            });
  }

  @Test
  void takesTheLevelsOfIddpmAtItsEnds() {
    TimeGrid wide = Spacing.edmIddpm().gridToData(new Edm(0.002, 80), 991, 1, 2.5e-5);
    double first = 80 * wide.time(0);
    double last = 80 * wide.time(wide.steps() - 1);
    Edm narrow = new Edm(Math.nextUp((float) last), Math.nextDown((float) first));
    int levels = wide.steps();
    assertThat(
            Spacing.edmIddpm()
                .gridToData(narrow, levels, narrow.range().max(), narrow.range().min())
                .steps())
        .isEqualTo(levels);
  }
}
