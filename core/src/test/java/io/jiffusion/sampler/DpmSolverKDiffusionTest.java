package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.OrderPlan;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** k-diffusion's recordings of the DPM-Solver family, with their noise. */
class DpmSolverKDiffusionTest {
  private static final double LARGEST = 40; // noise level of t = 1, above all of the recordings
  private static final NoiseSchedule SCHEDULE = new Edm(0.01, LARGEST);

  private static final Map<String, Map<String, Array>> RECORDED =
      Map.of(
          "plane", Fixtures.tensors("solvers/k_diffusion_plane.safetensors"),
          "image", Fixtures.tensors("solvers/k_diffusion_image.safetensors"));

  private static final Map<String, Function<JsonNode, Sampler>> SAMPLERS =
      Map.of(
          "dpmpp_2m",
          entry ->
              new DpmSolverMultistep(DpmForm.DATA, 2, DpmType.DPM_SOLVER, LowerOrder.NEVER, false),
          "dpmpp_2m_sde",
          entry ->
              new SdeDpmSolverMultistep(
                  2,
                  entry.path("solver_type").asString("midpoint").equals("heun")
                      ? DpmType.TAYLOR
                      : DpmType.DPM_SOLVER,
                  number(entry, "eta", 1),
                  number(entry, "s_noise", 1)),
          "dpmpp_3m_sde",
          entry ->
              new SdeDpmSolverMultistep(
                  3, DpmType.TAYLOR, number(entry, "eta", 1), number(entry, "s_noise", 1)),
          "dpmpp_sde",
          entry -> new SdeDpmSolver(number(entry, "eta", 1), number(entry, "s_noise", 1)),
          "dpm_fast",
          entry ->
              new DpmSolverFast(
                  DpmForm.NOISE,
                  3,
                  DpmType.DPM_SOLVER,
                  number(entry, "eta", 0),
                  number(entry, "s_noise", 1)),
          "dpm_adaptive",
          entry ->
              new DpmSolverAdaptive(
                  DpmForm.NOISE,
                  entry.get("order").asInt(),
                  DpmType.DPM_SOLVER,
                  new StepControl.Pid(
                      0.05,
                      number(entry, "pcoeff", 0),
                      number(entry, "icoeff", 1),
                      number(entry, "dcoeff", 0),
                      number(entry, "accept_safety", 0.81)),
                  new Tolerance(entry.get("rtol").asDouble(), entry.get("atol").asDouble()),
                  number(entry, "eta", 0),
                  number(entry, "s_noise", 1),
                  Integer.MAX_VALUE));

  static Stream<Arguments> recordings() {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                StreamSupport.stream(
                        Fixtures.json("solvers/k_diffusion_" + mixture + ".json")
                            .get("cases")
                            .spliterator(),
                        false)
                    .filter(entry -> SAMPLERS.containsKey(entry.get("sampler").asString()))
                    .map(
                        entry ->
                            Arguments.of(
                                mixture,
                                entry.get("key").asString(),
                                entry.get("sampler").asString(),
                                entry)));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("recordings")
  void walksAsKDiffusionDoes(String mixture, String key, String name, JsonNode entry) {
    Map<String, Array> recorded = RECORDED.get(mixture);
    Sampler sampler = SAMPLERS.get(name).apply(entry);
    int[] shape = recorded.get("x_init").shape();
    int size = shape[1] * shape[2] * shape[3];
    Noise noise =
        (k, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(k), image * size, out, from, count);
    int[] evaluations = {0};
    Denoiser model = MixtureDenoiser.of(SCHEDULE, mixture);
    Denoiser counting =
        (xt, t) -> {
          evaluations[0]++;
          return model.at(xt, t);
        };
    List<double[]> states = new ArrayList<>(List.of(recorded.get("x_init").values()));
    TimeGrid grid = grid(entry, recorded);
    Batch end =
        sampler.sample(
            new Walk(counting, SCHEDULE, grid, noise).watch((k, t, x) -> states.add(x.data())),
            new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x_init").values()));

    double tolerance = name.equals("dpm_adaptive") ? 1e-6 : 1e-9;
    assertThat(evaluations[0]).isEqualTo(entry.get("evaluations").asInt());
    assertThat(end.data())
        .containsExactly(recorded.get(key + ".final").values(), within(tolerance));
    if (recorded.containsKey(key + ".x")) {
      Array before = recorded.get(key + ".x"); // each step; adaptive: after each trial
      int rejected = 0;
      int shift = name.equals("dpm_adaptive") ? 1 : 0;
      for (int k = 0; k < before.shape()[0]; k++) {
        if (shift == 1 && k > 0 && Arrays.equals(before.row(k), before.row(k - 1))) {
          rejected++;
          continue;
        }
        assertThat(states.get(k - rejected + shift))
            .as("state %d", k)
            .containsExactly(before.row(k), within(tolerance));
      }
    }
  }

  private static TimeGrid grid(JsonNode entry, Map<String, Array> recorded) {
    if (entry.has("sigmas")) {
      return new TimeGrid(
          Arrays.stream(recorded.get("sigmas." + entry.get("sigmas").asString()).values())
              .map(sigma -> sigma / LARGEST)
              .toArray());
    }
    return OrderPlan.spacing(3)
        .grid(
            SCHEDULE,
            entry.has("n") ? entry.get("n").asInt() : 1,
            entry.get("sigma_max").asDouble() / LARGEST,
            entry.get("sigma_min").asDouble() / LARGEST);
  }

  @Test
  void isNoFurtherFromTheFlowThanKDiffusion() {
    Map<String, Array> recorded = RECORDED.get("plane");
    MixtureDenoiser model = MixtureDenoiser.of(SCHEDULE, "plane");
    Batch start = new Batch(4, 2, 1, 1, recorded.get("x_init").values());
    Batch exact = start.with(recorded.get("exact_at_sigma_min").values());
    for (JsonNode row : Fixtures.json("solvers/k_diffusion_convergence.json").get("rows")) {
      String name = row.get("sampler").asString();
      if (!SAMPLERS.containsKey(name)) {
        continue; // with the other samplers of k-diffusion
      }
      boolean fast = name.equals("dpm_fast");
      Spacing spacing = fast ? OrderPlan.spacing(3) : Spacing.karras(7);
      int rows = fast ? 1 : row.get("steps").size();
      for (int i = 0; i < rows; i++) {
        int steps = (fast ? row.get("evaluations") : row.get("steps").get(i)).asInt();
        JsonNode error = fast ? row.get("max_abs_error") : row.get("max_abs_error").get(i);
        TimeGrid grid = spacing.grid(SCHEDULE, steps, 20 / LARGEST, 0.01 / LARGEST);
        Batch reached =
            SAMPLERS
                .get(name)
                .apply(row)
                .sample(new Walk(model, SCHEDULE, grid, Noise.keyed(1, 2, 3, 4)), start);
        assertThat(Flow.distance(reached, exact))
            .as("%d steps of %s", steps, row)
            .isLessThan(1.001 * error.asDouble());
      }
    }
  }

  private static double number(JsonNode entry, String name, double otherwise) {
    return entry.hasNonNull(name) ? entry.get(name).asDouble() : otherwise;
  }
}
