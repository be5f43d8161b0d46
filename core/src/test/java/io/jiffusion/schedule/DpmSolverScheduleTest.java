package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The schedules of DPM-Solver and UniPC, discrete and continuous. */
class DpmSolverScheduleTest {
  private static final Offset<Double> TOLERANCE = within(1e-9);

  static Stream<JsonNode> schedules() {
    return StreamSupport.stream(
        Fixtures.json("schedules/dpm_solver_schedule.json").get("schedules").spliterator(), false);
  }

  /** Our schedule for a key such as cosine_1000, or for that of one of its grids. */
  static NoiseSchedule ours(String key) {
    return switch (key.split("\\.")[0]) {
      case "linear_1000" -> Schedules.dpmSolver(DiscreteBetas.rescaledLinear(1000));
      case "cosine_1000" -> Schedules.dpmSolver(DiscreteBetas.cosine(1000));
      case "cosine_4000" -> Schedules.dpmSolver(DiscreteBetas.cosine(4000));
      case "continuous_linear" -> new VariancePreserving(0.1, 20);
      case "continuous_cosine" -> new ContinuousCosine();
      default -> throw new AssertionError(key);
    };
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void equalsTheOriginal(JsonNode entry) {
    String key = entry.get("key").asString();
    Map<String, Array> peer = Fixtures.tensors("schedules/dpm_solver_schedule.safetensors");
    NoiseSchedule ours = ours(key);
    double[] t = peer.get(key + ".t").values();
    for (int i = 0; i < t.length; i++) {
      assertThat(Math.log(ours.alpha(t[i])))
          .isCloseTo(peer.get(key + ".log_alpha").values()[i], TOLERANCE);
      assertThat(ours.alpha(t[i])).isCloseTo(peer.get(key + ".alpha").values()[i], TOLERANCE);
      assertThat(ours.sigma(t[i])).isCloseTo(peer.get(key + ".sigma").values()[i], TOLERANCE);
      assertThat(ours.lambda(t[i])).isCloseTo(peer.get(key + ".lambda").values()[i], TOLERANCE);
    }
    double[] lambda = peer.get(key + ".query_lambda").values();
    for (int i = 0; i < lambda.length; i++) {
      assertThat(ours.timeOf(lambda[i]))
          .isCloseTo(peer.get(key + ".inverse_lambda").values()[i], TOLERANCE);
    }
    assertThat(ours.range().max()).isEqualTo(entry.get("t_end_of_time").asDouble());
    if (ours instanceof DiscreteBetas table) {
      int steps = entry.get("total_N").asInt();
      assertThat(table.steps())
          .isEqualTo(steps)
          .isEqualTo(entry.get("T").asInt() - entry.get("dropped").asInt());
      assertThat(table.lambda(table.time(0)))
          .isCloseTo(entry.get("lambda_of_first_kept_index").asDouble(), TOLERANCE);
      assertThat(table.lambda(1))
          .isCloseTo(entry.get("lambda_of_last_kept_index").asDouble(), TOLERANCE);
      for (double at : t) { // label_of_t
        assertThat(TimeLabel.rescaled(steps).at(at))
            .isCloseTo((at - 1.0 / steps) * 1000, within(1e-6));
      }
    }
  }
}
