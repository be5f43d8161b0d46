package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class DiscreteBetasTest {

  static Stream<Arguments> originals() {
    Map<String, Array> diffusers = Fixtures.tensors("schedules/diffusers_betas.safetensors");
    Map<String, Array> ddim = Fixtures.tensors("schedules/ddim_betas.safetensors");
    return Stream.of(
        openai("linear", 100, DiscreteBetas.rescaledLinear(100)),
        openai("linear", 1000, DiscreteBetas.rescaledLinear(1000)),
        openai("linear", 4000, DiscreteBetas.rescaledLinear(4000)),
        openai("cosine", 1000, DiscreteBetas.cosine(1000)),
        openai("cosine", 4000, DiscreteBetas.cosine(4000)),
        peer("diffusers linear", diffusers, "linear", DiscreteBetas.linear(1000, 1e-4, 0.02)),
        peer(
            "diffusers scaled_linear",
            diffusers,
            "scaled_linear",
            DiscreteBetas.quadratic(1000, 0.00085, 0.012)),
        peer(
            "diffusers squaredcos_cap_v2",
            diffusers,
            "squaredcos_cap_v2",
            DiscreteBetas.cosine(1000)),
        peer("diffusers sigmoid", diffusers, "sigmoid", DiscreteBetas.sigmoid(1000, 1e-4, 0.02)),
        peer("ddim linear", ddim, "linear", DiscreteBetas.linear(1000, 1e-4, 0.02)),
        peer("ddim quad", ddim, "quad", DiscreteBetas.quadratic(1000, 1e-4, 0.02)),
        peer("ddim sigmoid", ddim, "sigmoid", DiscreteBetas.sigmoid(1000, 1e-4, 0.02)),
        peer("ddim const", ddim, "const", DiscreteBetas.constant(1000, 0.02)),
        peer("ddim jsd", ddim, "jsd", DiscreteBetas.jsd(1000)));
  }

  private static Arguments openai(String name, int steps, DiscreteBetas ours) {
    Map<String, Array> table =
        Fixtures.tensors("schedules/openai_" + name + "_" + steps + ".safetensors");
    return Arguments.of(
        "openai " + name + " " + steps,
        ours,
        table.get("betas").values(),
        table.get("alphas_cumprod").values());
  }

  private static Arguments peer(
      String label, Map<String, Array> tables, String name, DiscreteBetas ours) {
    Array alphaBar = tables.get(name + ".alphas_cumprod");
    return Arguments.of(
        label,
        ours,
        tables.get(name + ".betas").values(),
        alphaBar == null ? null : alphaBar.values());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("originals")
  void equalsTheTablesOfTheOriginals(
      String name, DiscreteBetas ours, double[] betas, double[] alphaBar) {
    assertThat(ours.steps()).isEqualTo(betas.length);
    for (int i = 0; i < betas.length; i++) {
      assertThat(ours.beta(i))
          .as("beta %d", i)
          .isCloseTo(betas[i], within(Math.max(1e-12, 1e-9 * betas[i])));
      if (alphaBar != null) {
        assertThat(ours.alphaBar(i))
            .as("ᾱ %d", i)
            .isCloseTo(alphaBar[i], within(1e-9 * alphaBar[i] + 1e-15));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 1000, 4000, 10_000})
  void hitsTheTableExactlyAtItsTimes(int steps) {
    DiscreteBetas cosine = DiscreteBetas.cosine(steps);
    for (int i = 0; i < steps; i++) {
      double t = cosine.time(i);
      assertThat(cosine.alpha(t)).isEqualTo(Math.sqrt(cosine.alphaBar(i)));
      double sigma = cosine.sigma(t);
      assertThat(sigma * sigma).isCloseTo(1 - cosine.alphaBar(i), within(1e-12));
    }
    assertThat(cosine.alpha(0)).isEqualTo(1);
    assertThat(cosine.sigma(0)).isEqualTo(0);
    assertThat(cosine.lambda(0)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  static Stream<JsonNode> diffusers() {
    return StreamSupport.stream(
        Fixtures.json("schedules/diffusers_betas.json").get("schedules").spliterator(), false);
  }

  private static DiscreteBetas diffusers(JsonNode entry) {
    int steps = entry.get("T").asInt();
    double start = entry.get("beta_start").asDouble();
    double end = entry.get("beta_end").asDouble();
    return switch (entry.get("name").asString()) {
      case "linear" -> DiscreteBetas.linear(steps, start, end);
      case "scaled_linear" -> DiscreteBetas.quadratic(steps, start, end);
      case "squaredcos_cap_v2" -> DiscreteBetas.cosine(steps);
      case "sigmoid" -> DiscreteBetas.sigmoid(steps, start, end);
      default -> throw new AssertionError(entry);
    };
  }

  @ParameterizedTest
  @MethodSource("diffusers")
  void equalsDiffusersAfterTheRescalingToZeroTerminalSnr(JsonNode entry) {
    Map<String, Array> peer = Fixtures.tensors("schedules/diffusers_betas.safetensors");
    String key = entry.get("name").asString() + ".zero_terminal_snr";
    DiscreteBetas ours = diffusers(entry).zeroTerminalSnr();
    for (int i = 0; i < ours.steps(); i++) {
      double beta = peer.get(key + ".betas").values()[i];
      double alphaBar = peer.get(key + ".alphas_cumprod").values()[i];
      assertThat(ours.beta(i)).isCloseTo(beta, within(Math.max(1e-12, 1e-9 * beta)));
      assertThat(ours.alphaBar(i)).isCloseTo(alphaBar, within(1e-9 * alphaBar + 1e-12));
    }
    assertThat(ours.alpha(1)).isEqualTo(0);
    assertThat(ours.alphaBar(0)).isEqualTo(diffusers(entry).alphaBar(0));
    assertThat(ours.timeOf(ours.lambda(0.9995))).isCloseTo(0.9995, within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("diffusers")
  void staysAsNearToDiffusersFloat32TablesAsThatPrecisionAllows(JsonNode entry) {
    double[] peer =
        Fixtures.tensors("schedules/diffusers_betas.safetensors")
            .get(entry.get("name").asString() + ".alphas_cumprod_f32")
            .values();
    double most = entry.get("max_relative_difference_of_float32_alphas_cumprod").asDouble();
    DiscreteBetas ours = diffusers(entry);
    for (int i = 0; i < ours.steps(); i++) {
      assertThat(peer[i]).isCloseTo(ours.alphaBar(i), within(1.001 * most * ours.alphaBar(i)));
    }
  }

  @Test
  void leavesATableThatEndsWithoutSignalAsItIs() {
    DiscreteBetas jsd = DiscreteBetas.jsd(10);
    for (int i = 0; i < 10; i++) {
      assertThat(jsd.zeroTerminalSnr().beta(i)).isCloseTo(jsd.beta(i), within(1e-15));
    }
    assertThatThrownBy(() -> DiscreteBetas.of(0.5).zeroTerminalSnr())
        .hasMessage("illegal steps: 1 for a schedule with zero terminal SNR, must be 2 or more");
  }

  @Test
  void interpolatesAlphaItselfWhereTheLastStepEndsWithoutSignal() {
    DiscreteBetas jsd = DiscreteBetas.jsd(4); // ᾱ = 3/4, 1/2, 1/4, 0
    assertThat(jsd.alpha(1)).isEqualTo(0);
    assertThat(jsd.sigma(1)).isEqualTo(1);
    assertThat(jsd.alpha(0.875)).isCloseTo(0.25, within(1e-15));
    assertThat(jsd.sigma(0.875)).isCloseTo(Math.sqrt(1 - 0.0625), within(1e-15));
    assertThat(jsd.lambda(1)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(jsd.timeOf(jsd.lambda(0.9))).isCloseTo(0.9, within(1e-12));
  }

  @Test
  void knowsSigmaWithoutCancellationNextToTheData() {
    DiscreteBetas tiny = DiscreteBetas.constant(10, 1e-12);
    assertThat(tiny.sigma(0.1)).isCloseTo(1e-6, within(1e-6 * 1e-12));
    assertThat(tiny.sigma(0.05)).isCloseTo(Math.sqrt(5e-13), within(1e-6 * 1e-9));
  }

  @Test
  void hasMonotoneLambda() {
    for (DiscreteBetas betas :
        new DiscreteBetas[] {
          DiscreteBetas.cosine(50), DiscreteBetas.jsd(50), DiscreteBetas.rescaledLinear(50)
        }) {
      double[] lambda =
          IntStream.rangeClosed(0, 1000).mapToDouble(i -> betas.lambda(i / 1000.0)).toArray();
      for (int i = 1; i < lambda.length; i++) {
        assertThat(lambda[i]).isLessThan(lambda[i - 1]);
      }
    }
  }

  @Test
  void namesTheIllegalValueAndTheRule() {
    assertThatThrownBy(() -> DiscreteBetas.cosine(0))
        .hasMessage("illegal steps: 0, must be from 1 to 10000");
    assertThatThrownBy(() -> DiscreteBetas.cosine(10_001))
        .hasMessage("illegal steps: 10001, must be from 1 to 10000");
    assertThatThrownBy(() -> DiscreteBetas.of())
        .hasMessage("illegal steps: 0, must be from 1 to 10000");
    assertThatThrownBy(() -> DiscreteBetas.rescaledLinear(10))
        .hasMessage(
            "illegal steps: 10 for the rescaled linear schedule, must be 20 or more;"
                + " use the cosine or the plain linear schedule for fewer");
    assertThatThrownBy(() -> DiscreteBetas.of(0.1, 1, 0.1))
        .hasMessage("illegal beta 1 of 3: 1.0, must be above 0 and below 1 (the last may be 1)");
    assertThatThrownBy(() -> DiscreteBetas.of(0.1, Double.NaN))
        .hasMessageStartingWith("illegal beta 1 of 2: NaN");
    assertThatThrownBy(() -> DiscreteBetas.cosine(10).alpha(1.5))
        .hasMessage("illegal time: 1.5, must be from 0 to 1");
    assertThatThrownBy(() -> DiscreteBetas.cosine(10).timeOf(-50))
        .hasMessageStartingWith("illegal half log-SNR: -50.0, must be from ");
  }
}
