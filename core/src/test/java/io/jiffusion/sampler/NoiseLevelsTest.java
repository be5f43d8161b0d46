package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What the samplers of EDM and k-diffusion share, beside the contract of all samplers. */
class NoiseLevelsTest {
  private static final long[] SEEDS = {1, 2, 3};

  static Stream<Schedules> schedules() {
    return Schedules.all();
  }

  static Stream<Sampler> samplers() {
    return Stream.of(
        new Euler(),
        new Heun(),
        new Heun(new Churn(3)),
        new Dpm2(),
        new EulerAncestral(1, 1),
        new Dpm2Ancestral(1, 1),
        new DpmPlusPlus2SAncestral(1, 1));
  }

  static Stream<Arguments> errors() {
    return StreamSupport.stream(
            Fixtures.json("solvers/k_diffusion_convergence.json").get("rows").spliterator(), false)
        .filter(row -> sampler(row) != null)
        .map(row -> Arguments.of(row.get("sampler").asString(), row));
  }

  private static Sampler sampler(JsonNode row) {
    return switch (row.get("sampler").asString()) {
      case "euler" -> new Euler();
      case "heun" -> new Heun();
      case "dpm_2" -> new Dpm2();
      case "dpmpp_2s_ancestral" -> new DpmPlusPlus2SAncestral(0, 1);
      default -> null; // has a test elsewhere
    };
  }

  /** On the recorded grid, from the recorded start. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("errors")
  void errsAsTheOriginalDoes(String name, JsonNode row) {
    Edm edm = new Edm(0.01, 20);
    MixtureDenoiser model = MixtureDenoiser.of(edm, "plane");
    var recorded = Fixtures.tensors("solvers/k_diffusion_plane.safetensors");
    Batch start = new Batch(4, 2, 1, 1, recorded.get("x_init").values());
    Batch exact = new Batch(4, 2, 1, 1, recorded.get("exact_at_sigma_min").values());
    for (int i = 0; i < row.get("steps").size(); i++) {
      int levels = row.get("steps").get(i).asInt(); // one more than steps
      TimeGrid grid = Spacing.karras(7).grid(edm, levels - 1, 1, edm.range().min());
      Walk walk = new Walk(model, edm, grid, Noise.NONE);
      double error = row.get("max_abs_error").get(i).asDouble();
      assertThat(Flow.distance(sampler(row).sample(walk, start), exact))
          .isCloseTo(error, within(0.001 * error));
    }
  }

  @Test
  void isEdmsAlgorithmInTheScheduleWhoseTimeIsTheNoiseLevel() {
    Edm edm = new Edm(0.002, 80);
    Walk walk = walk(edm, Spacing.karras(7).gridToData(edm, 8, 1, 1e-4));
    Batch x = Noise.start(SEEDS, 2, 1, 1).times(80);
    Churn churn = new Churn(4, 0.05, 50, 1.003);
    assertThat(new TimeRungeKutta(2, 1, churn).sample(walk, x).data())
        .containsExactly(new Heun(churn).sample(walk, x).data(), within(1e-9));
    assertThat(new TimeRungeKutta(1, 1, churn).sample(walk, x).data())
        .containsExactly(new Euler(churn).sample(walk, x).data(), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("smooth")
  void reachesTheFlowAtItsOrderInTheTimeOfASmoothSchedule(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    MixtureDenoiser model = MixtureDenoiser.of(schedule, "plane");
    Batch start = Flow.start(schedules);
    Batch exact = Flow.between(model, schedules, start);
    for (double alpha : new double[] {0.5, 2.0 / 3, 1}) {
      TimeRungeKutta sampler = new TimeRungeKutta(2, alpha, Churn.NONE);
      double[] errors = new double[4];
      for (int i = 0; i < errors.length; i++) {
        Walk walk = new Walk(model, schedule, schedules.grid(256 << i), Noise.NONE);
        errors[i] = Flow.distance(sampler.sample(walk, start), exact);
      }
      assertThat(Math.log(errors[0] / errors[3]) / Math.log(2) / 3)
          .as("alpha %s: %s", alpha, Arrays.toString(errors))
          .isGreaterThan(1.85);
    }
  }

  static Stream<Schedules> smooth() {
    return schedules().filter(schedules -> !(schedules.schedule() instanceof DiscreteBetas));
  }

  @Test
  void raisesTheLevelByChurnNoHigherThanTheScheduleReaches() {
    Edm edm = new Edm(0.002, 80);
    List<Double> times = new ArrayList<>();
    Denoiser model = MixtureDenoiser.of(edm, "plane");
    Denoiser watching =
        (xt, t) -> {
          times.add(t);
          return model.at(xt, t);
        };
    TimeGrid grid = new TimeGrid(new double[] {1, 0.9, 0.5, 0.1, 0.01});
    Walk walk = new Walk(watching, edm, grid, Noise.keyed(SEEDS));
    new Euler(new Churn(1, 2, 50, 1)).sample(walk, Noise.start(SEEDS, 2, 1, 1).times(80));
    // levels 80 and 72 are above smax, 8 and 40 go up by a quarter
    assertThat(times)
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1)
        .containsExactly(1.0, 0.9, 0.625, 0.125);
    times.clear();
    new Euler(new Churn(100)).sample(walk, Noise.start(SEEDS, 2, 1, 1).times(80));
    assertThat(times)
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1)
        .containsExactly(1.0, 1.0, 0.5 * Math.sqrt(2), 0.1 * Math.sqrt(2));
  }

  @Test
  void addsTheWholeNoiseOfTheNextLevelAtMost() {
    AncestralStep step = AncestralStep.of(3, 2, 5);
    assertThat(step.down()).isZero();
    assertThat(step.up()).isEqualTo(2);
    AncestralStep ancestral = AncestralStep.of(3, 2, 1);
    assertThat(ancestral.down()).isCloseTo(4.0 / 3, within(1e-15));
    assertThat(Math.hypot(ancestral.down(), ancestral.up())).isCloseTo(2, within(1e-15));
    for (Sampler sampler :
        List.of(
            new EulerAncestral(9, 1), new Dpm2Ancestral(9, 1), new DpmPlusPlus2SAncestral(9, 1))) {
      Edm edm = new Edm(0.002, 80);
      TimeGrid grid = new TimeGrid(new double[] {1, 0.1});
      Batch x = Noise.start(SEEDS, 2, 1, 1).times(80);
      Walk walk = walk(edm, grid);
      assertThat(sampler.sample(walk, x).data())
          .as("%s", sampler)
          .containsExactly(
              Batch.lincomb(1, walk.x0(x, 1), 8, walk.noise().batch(0, x)).data(), within(1e-12));
    }
    assertThat(new Dpm2Ancestral(9, 1).evaluations(new TimeGrid(new double[] {1, 0.1}))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void saysWhereThereIsNoSignalToDivideBy(Sampler sampler) {
    DiscreteBetas jsd = DiscreteBetas.jsd(50);
    Walk walk = walk(jsd, new TimeGrid(new double[] {1, 0.5, 0}));
    assertThatThrownBy(() -> sampler.sample(walk, Noise.start(SEEDS, 2, 1, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal time: 1.0, where alpha is 0, must have a signal for "
                + sampler
                + "; take times below it, or the sampler ddim");
  }

  @Test
  void refusesSenselessChoices() {
    assertThatThrownBy(() -> new Churn(-1))
        .hasMessage("illegal churn: -1.0, must be 0 or more; 0 is deterministic");
    assertThatThrownBy(() -> new Churn(1, 2, 1, 1))
        .hasMessage(
            "illegal churn: noise levels from 2.0 to 1.0, must be from 0 or more to no less");
    assertThatThrownBy(() -> new Churn(1, 0, 1, -1))
        .hasMessage("illegal churn: noise -1.0, must be 0 or more; 1 is the level's own");
    assertThatThrownBy(() -> new EulerAncestral(-1, 1))
        .hasMessage("illegal eta: -1.0, must be 0 or more; 0 is deterministic, 1 is ancestral");
    assertThatThrownBy(() -> new Dpm2Ancestral(1, Double.NaN))
        .hasMessage("illegal noise: NaN, must be 0 or more; 1 is the level's own");
    assertThatThrownBy(() -> new TimeRungeKutta(3, 1, Churn.NONE))
        .hasMessage("illegal stages: 3, must be 1 or 2");
    assertThatThrownBy(() -> new TimeRungeKutta(2, 0, Churn.NONE))
        .hasMessage("illegal alpha: 0.0, must be above 0 and at most 1, which is Heun's method");
  }

  @Test
  void refusesToAddNoiseWhereItEncodes() {
    Edm edm = new Edm(0.002, 80);
    Walk walk = walk(edm, new TimeGrid(new double[] {0.1, 0.9}));
    assertThatThrownBy(() -> new Heun(new Churn(1)).sample(walk, Noise.start(SEEDS, 2, 1, 1)))
        .hasMessageStartingWith("illegal grid: ascending from t = 0.1 to 0.9, must descend");
  }

  private static Walk walk(NoiseSchedule schedule, TimeGrid grid) {
    return new Walk(MixtureDenoiser.of(schedule, "plane"), schedule, grid, Noise.keyed(SEEDS));
  }
}
