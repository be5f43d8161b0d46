package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.sampler.Restart.Interval;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class RestartTest {
  private static final Edm EDM = new Edm(0.002, 80);

  static Stream<NoiseSchedule> schedules() {
    return Stream.of(EDM, new VariancePreserving(0.1, 20));
  }

  /** The choice of the paper for CIFAR-10 at few evaluations. */
  private static final Restart TWICE = restart(new Interval(0.06, 0.3, 2, 2));

  private static Restart restart(Interval... intervals) {
    return new Restart(new Heun(), List.of(intervals));
  }

  static Stream<JsonNode> recordings() {
    return StreamSupport.stream(
        Fixtures.json("solvers/restart_plane.json").get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void makesThePicturesOfTheAuthorsProgram(JsonNode entry) {
    var recorded = Fixtures.tensors("solvers/edm_plane.safetensors");
    List<Interval> intervals = new ArrayList<>();
    for (JsonNode restart : entry.get("restarts")) {
      intervals.add(
          new Interval(
              restart.get(2).asDouble(),
              restart.get(3).asDouble(),
              restart.get(0).asInt() - 1, // levels there, steps here
              restart.get(1).asInt()));
    }
    TimeGrid grid =
        Spacing.karras(7).gridToData(EDM, entry.get("num_steps").asInt(), 1, EDM.range().min());
    Noise noise =
        (draw, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(draw), 2 * image, out, from, count);
    Batch start = new Batch(4, 2, 1, 1, recorded.get("latents").values()).times(80);
    Restart sampler = new Restart(new Heun(), intervals);
    double[] made =
        sampler.sample(new Walk(MixtureDenoiser.of(EDM, "plane"), EDM, grid, noise), start).data();
    assertThat(sampler.evaluations(grid)).hasValue(entry.get("evaluations").asInt());
    for (int i = 0; i < made.length; i++) {
      assertThat(made[i]).isCloseTo(entry.get("final").get(i).asDouble(), within(1e-9));
    }
  }

  @Test
  void goesBackUpFromTheNearestLevelAndDownInStepsOfItsOwn() {
    TimeGrid grid = Spacing.karras(7).gridToData(EDM, 18, 1, EDM.range().min());
    List<String> levels = new ArrayList<>();
    Denoiser model = MixtureDenoiser.of(EDM, "plane");
    Denoiser watching =
        (xt, t) -> {
          levels.add("%.4f".formatted(EDM.sigma(t)));
          return model.at(xt, t);
        };
    Restart euler = new Restart(new Euler(), TWICE.intervals());
    euler.sample(new Walk(watching, EDM, grid, Noise.keyed(1)), start(EDM, 1));
    assertThat(levels.subList(12, 22))
        .containsExactly(
            "0.2964", "0.1395", "0.3000", "0.1404", "0.3000", "0.1404", "0.0599", "0.0229",
            "0.0075", "0.0020");
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void evaluatesAsOftenAsItPromises(NoiseSchedule schedule) {
    int[] evaluations = {0};
    Denoiser model = MixtureDenoiser.of(schedule, "plane");
    Denoiser counting =
        (xt, t) -> {
          evaluations[0]++;
          return model.at(xt, t);
        };
    for (TimeGrid grid :
        List.of(
            Spacing.karras(7).gridToData(schedule, 18, 1, 1e-3),
            Spacing.karras(7).grid(schedule, 5, 1, 1e-3))) {
      Restart sampler = restart(new Interval(0.5, 2, 4, 3), new Interval(0.06, 0.6, 2, 2));
      evaluations[0] = 0;
      sampler.sample(new Walk(counting, schedule, grid, Noise.keyed(1)), start(schedule, 1));
      assertThat(evaluations[0])
          .isEqualTo(sampler.evaluations(grid).orElseThrow())
          .isEqualTo(new Heun().evaluations(grid).orElseThrow() + 3 * 8 + 2 * 4);
    }
  }

  @Test
  void drawsNoNumberTwice() {
    List<Integer> draws = new ArrayList<>();
    Noise watching =
        (draw, image, out, from, count) -> {
          draws.add(draw);
          Arrays.fill(out, from, from + count, 0);
        };
    TimeGrid grid = Spacing.karras(7).gridToData(EDM, 18, 1, EDM.range().min());
    Sampler sampler = new Restart(new Heun(new Churn(1)), TWICE.intervals());
    sampler.sample(new Walk(MixtureDenoiser.of(EDM, "plane"), EDM, grid, watching), start(EDM, 1));
    assertThat(draws).doesNotHaveDuplicates().hasSize(18 + 2 * 3);
  }

  @Test
  void countsItsStepsUpToTheLast() {
    TimeGrid grid = Spacing.karras(7).gridToData(EDM, 18, 1, EDM.range().min());
    List<Integer> done = new ArrayList<>();
    Walk walk =
        new Walk(MixtureDenoiser.of(EDM, "plane"), EDM, grid, Noise.keyed(1))
            .progress(
                progress -> {
                  assertThat(progress.total()).isEqualTo(18 + 2 * 3);
                  done.add((int) progress.done());
                });
    TWICE.sample(walk, start(EDM, 1));
    assertThat(done).isSorted().doesNotHaveDuplicates().endsWith(24).hasSize(18 + 2 * 2);
  }

  /** Adding noise leads from the distribution at one level to that at another, exactly. */
  @ParameterizedTest
  @MethodSource("schedules")
  void keepsTheDistributionOfTheData(NoiseSchedule schedule) {
    Denoiser model = MixtureDenoiser.gaussian(schedule, 0.3, 0.5);
    TimeGrid grid = Spacing.karras(7).gridToData(schedule, 40, 1, 1e-3);
    long[] seeds = LongStream.range(0, 20_000).toArray();
    double[] made =
        restart(new Interval(0.3, 2, 10, 2))
            .sample(
                new Walk(model, schedule, grid, Noise.keyed(seeds)),
                Batch.lincomb(
                    Math.hypot(schedule.sigma(1), 0.5 * schedule.alpha(1)),
                    Noise.start(seeds, 1, 1, 1),
                    0.3 * schedule.alpha(1),
                    ones(seeds.length)))
            .data();
    double mean = Arrays.stream(made).average().orElseThrow();
    double variance = Arrays.stream(made).map(x -> (x - mean) * (x - mean)).sum() / made.length;
    assertThat(mean).isCloseTo(0.3, within(4 * 0.5 / Math.sqrt(made.length)));
    assertThat(variance).isCloseTo(0.25, within(4 * 0.25 * Math.sqrt(2.0 / made.length) + 1e-3));
  }

  /** What the paper says of restarts: they contract errors that were made above. */
  @Test
  void forgetsAnErrorMadeAbove() {
    MixtureDenoiser model = MixtureDenoiser.gaussian(EDM, 0.3, 0.5);
    TimeGrid grid = Spacing.karras(7).gridToData(EDM, 40, 1, EDM.range().min());
    Walk walk = new Walk(model, EDM, grid, Noise.keyed(1));
    Batch wrong = Batch.lincomb(1, start(EDM, 1), 80, ones(start(EDM, 1).data().length));
    Restart often = restart(new Interval(0.06, 2, 10, 4));
    double without =
        Flow.distance(new Heun().sample(walk, start(EDM, 1)), new Heun().sample(walk, wrong));
    double with = Flow.distance(often.sample(walk, start(EDM, 1)), often.sample(walk, wrong));
    assertThat(with).isLessThan(0.01 * without);
  }

  @Test
  void refusesSenselessChoices() {
    assertThatThrownBy(() -> new Interval(0.3, 0.06, 2, 2))
        .hasMessage(
            "illegal restart: between noise levels 0.3 and 0.06, must be above 0 and ascending");
    assertThatThrownBy(() -> new Interval(0.06, 0.3, 0, 2))
        .hasMessage("illegal restart: 2 times 0 steps, must be 1 or more");
    assertThatThrownBy(() -> restart(new Interval(0.06, 0.3, 2, 2), new Interval(0.5, 2, 2, 2)))
        .hasMessage(
            "illegal restarts: from noise level 0.5 after 0.06, must be listed from noise to data");
    Denoiser model = MixtureDenoiser.of(EDM, "plane");
    Walk coarse = new Walk(model, EDM, new TimeGrid(new double[] {1, 0.5}), Noise.keyed(1));
    assertThatThrownBy(() -> TWICE.sample(coarse, start(EDM, 1)))
        .hasMessage(
            "illegal restart: up to noise level 0.3, must be above 40.0, the level of the grid that"
                + " is nearest to 0.06");
    Walk oneStep = new Walk(model, EDM, new TimeGrid(new double[] {1, 0}), Noise.keyed(1));
    assertThatThrownBy(() -> TWICE.sample(oneStep, start(EDM, 1)))
        .hasMessage(
            "illegal grid: 1 step from noise to data, must have a time between at which to"
                + " restart");
  }

  private static Batch start(NoiseSchedule schedule, long... seeds) {
    return Noise.start(seeds, 2, 1, 1).times(schedule.sigma(1));
  }

  private static Batch ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return new Batch(1, count, 1, 1, ones);
  }
}
