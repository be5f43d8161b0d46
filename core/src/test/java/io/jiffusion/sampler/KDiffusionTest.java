package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Trajectories that k-diffusion has recorded, with their noise. */
class KDiffusionTest {
  private static final double LARGEST = 40; // noise level of t = 1, above all of the recordings

  /** The samplers of this file's subject; the others of the recordings have tests of their own. */
  private static final Map<String, Function<JsonNode, Sampler>> SAMPLERS =
      Map.of(
          "euler", entry -> new Euler(churn(entry)),
          "heun", entry -> new Heun(churn(entry)),
          "dpm_2", entry -> new Dpm2(churn(entry)),
          "euler_ancestral", entry -> new EulerAncestral(eta(entry), noise(entry)),
          "dpm_2_ancestral", entry -> new Dpm2Ancestral(eta(entry), noise(entry)),
          "dpmpp_2s_ancestral", entry -> new DpmPlusPlus2SAncestral(eta(entry), noise(entry)));

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
    Map<String, Array> recorded =
        Fixtures.tensors("solvers/k_diffusion_" + mixture + ".safetensors");
    NoiseSchedule schedule = new Edm(0.01, LARGEST);
    TimeGrid grid =
        new TimeGrid(
            Arrays.stream(recorded.get("sigmas." + entry.get("sigmas").asString()).values())
                .map(sigma -> sigma / LARGEST)
                .toArray());
    Sampler sampler = SAMPLERS.get(name).apply(entry);

    List<double[]> states = new ArrayList<>(); // one for each evaluation
    List<double[]> predictions = new ArrayList<>();
    List<Integer> firsts = new ArrayList<>(List.of(0)); // number of each step's first evaluation
    MixtureDenoiser model = MixtureDenoiser.of(schedule, mixture);
    Denoiser recording =
        (xt, t) -> {
          Prediction prediction = model.at(xt, t);
          states.add(xt.data());
          predictions.add(prediction.x0().data());
          return prediction;
        };
    Array start = recorded.get("x_init");
    int[] shape = start.shape();
    int size = start.values().length / shape[0];
    Noise noise =
        (k, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(k), image * size, out, from, count);
    Walk walk =
        new Walk(recording, schedule, grid, noise).watch((k, t, x) -> firsts.add(states.size()));
    Batch end =
        sampler.sample(walk, new Batch(shape[0], shape[1], shape[2], shape[3], start.values()));

    assertThat(states)
        .hasSize(entry.get("evaluations").asInt())
        .hasSize(sampler.evaluations(grid).orElseThrow());
    if (recorded.containsKey(key + ".x")) {
      for (int k = 0; k < grid.steps(); k++) {
        assertThat(states.get(firsts.get(k)))
            .as("state at step %d", k)
            .containsExactly(recorded.get(key + ".x").row(k), within(1e-9));
        assertThat(predictions.get(firsts.get(k)))
            .as("x̂0 of step %d", k)
            .containsExactly(recorded.get(key + ".denoised").row(k), within(1e-9));
      }
    }
    assertThat(end.data()).containsExactly(recorded.get(key + ".final").values(), within(1e-9));
  }

  private static Churn churn(JsonNode entry) {
    return new Churn(
        number(entry, "s_churn", 0),
        number(entry, "s_tmin", 0),
        number(entry, "s_tmax", Double.POSITIVE_INFINITY),
        noise(entry));
  }

  private static double eta(JsonNode entry) {
    return number(entry, "eta", 1);
  }

  private static double noise(JsonNode entry) {
    return number(entry, "s_noise", 1);
  }

  private static double number(JsonNode entry, String name, double otherwise) {
    return entry.hasNonNull(name) ? entry.get(name).asDouble() : otherwise;
  }
}
