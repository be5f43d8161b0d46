package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.sampler.UniPc.Variant;
import io.jiffusion.schedule.ContinuousCosine;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class UniPcTest {
  static final Map<String, Variant> VARIANTS =
      Map.of("bh1", Variant.BH1, "bh2", Variant.BH2, "vary_coeff", Variant.VARYING);
  static final Map<String, DpmForm> FORMS =
      Map.of("data_prediction", DpmForm.DATA, "noise_prediction", DpmForm.NOISE);
  static final Map<String, Array> RECORDED = Fixtures.tensors("solvers/unipc_plane.safetensors");

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(
        Fixtures.json("solvers/unipc_plane.json").get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void walksAsTheAuthorsCodeDoes(JsonNode entry) {
    String name = entry.get("schedule").asString();
    NoiseSchedule schedule = schedule(name);
    boolean toZero = entry.get("denoise_to_zero").asBoolean();
    TimeGrid grid =
        grid(
            schedule,
            name.equals("continuous_cosine") ? 0.9946 : 1,
            entry.get("t_end").asDouble(),
            entry.get("steps").asInt(),
            entry.get("skip_type").asString(),
            toZero);
    Sampler sampler =
        new UniPc(
            entry.get("order").asInt(),
            VARIANTS.get(entry.get("variant").asString()),
            FORMS.get(entry.get("algorithm_type").asString()),
            true,
            entry.get("lower_order_final").asBoolean() ? LowerOrder.ALWAYS : LowerOrder.NEVER);
    MixtureDenoiser model = MixtureDenoiser.of(schedule, "plane");
    int[] evaluations = {0};
    List<double[]> states = new ArrayList<>();
    Walk walk =
        new Walk(
                (xt, t) -> {
                  evaluations[0]++;
                  return model.at(xt, t);
                },
                schedule,
                grid,
                Noise.keyed())
            .watch((k, t, x) -> states.add(x.data()));
    Batch start = start();
    double[] end = sampler.sample(walk, start).data();

    double tolerance = name.contains("cosine") ? 1e-7 : 1e-9;
    assertThat(end)
        .containsExactly(RECORDED.get("final").row(entry.get("index").asInt()), within(tolerance));
    assertThat(evaluations[0])
        .isEqualTo(entry.get("evaluations").asInt())
        .isEqualTo(sampler.evaluations(grid).orElseThrow());
    if (entry.has("trajectory")) {
      Array trajectory = RECORDED.get(entry.get("trajectory").asString());
      for (int k = 0; k < states.size(); k++) {
        assertThat(states.get(k)).containsExactly(trajectory.row(k + 1), within(tolerance));
      }
    }
  }

  static Batch start() {
    return new Batch(4, 2, 1, 1, RECORDED.get("x_T").values());
  }

  static TimeGrid grid(
      NoiseSchedule schedule, double start, double end, int steps, String spacing, boolean toZero) {
    double high = schedule.lambda(end);
    double low = schedule.lambda(start);
    double[] times = new double[steps + (toZero ? 2 : 1)];
    for (int i = 0; i <= steps; i++) {
      times[i] =
          i == 0
              ? start
              : i == steps
                  ? end
                  : spacing.equals("logSNR")
                      ? schedule.timeOf(low + i * (high - low) / steps)
                      : start + i * (end - start) / steps;
    }
    return new TimeGrid(times);
  }

  static NoiseSchedule schedule(String name) {
    return switch (name) {
      case "linear_1000" -> DiscreteBetas.rescaledLinear(1000);
      case "cosine_1000" -> DiscreteBetas.cosine(1000);
      case "continuous_linear" -> new VariancePreserving(0.1, 20);
      case "continuous_cosine" -> new ContinuousCosine();
      default -> throw new IllegalArgumentException(name);
    };
  }
}
