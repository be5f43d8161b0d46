package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.evaluate.Frechet.Moments;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class FrechetTest {
  private static final Map<String, Array> FEATURES =
      Fixtures.tensors("metrics/frechet.safetensors");
  private static final Set<String> RANK_DEFICIENT =
      Set.of("rank_deficient_both", "rank_deficient_one");

  static Stream<JsonNode> cases() {
    return Fixtures.json("metrics/frechet.json").get("cases").valueStream();
  }

  private static Moments moments(String name) {
    Array features = FEATURES.get(name);
    return Moments.of(features.values(), features.shape()[1]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithFiftyDigitArithmeticOnEveryKindOfSet(JsonNode expected) {
    String key = expected.get("key").asString();
    double distance = Frechet.distance(moments(key + ".features1"), moments(key + ".features2"));
    assertThat(distance)
        .isCloseTo(
            expected.get("frechet_distance_50_digits").asDouble(),
            within(RANK_DEFICIENT.contains(key) ? 1e-6 : 1e-9));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isSymmetric(JsonNode expected) {
    String key = expected.get("key").asString();
    Moments a = moments(key + ".features1");
    Moments b = moments(key + ".features2");
    assertThat(Frechet.distance(a, b)).isCloseTo(Frechet.distance(b, a), within(1e-6));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fitsMeanAndCovarianceOfASample(JsonNode expected) {
    String key = expected.get("key").asString();
    for (String set : new String[] {"1", "2"}) {
      Moments moments = moments(key + ".features" + set);
      assertThat(moments.mean())
          .containsExactly(FEATURES.get(key + ".mu" + set).values(), within(1e-12));
      assertThat(moments.covariance())
          .containsExactly(FEATURES.get(key + ".sigma" + set).values(), within(1e-12));
    }
  }

  @Test
  void isTheSumOverAxesOfIndependentNormals() {
    // Along one axis: (μ1 − μ2)² + (σ1 − σ2)².
    Moments a = new Moments(9, new double[] {1, 2}, new double[] {4, 0, 0, 9});
    Moments b = new Moments(9, new double[] {4, 2}, new double[] {1, 0, 0, 25});
    assertThat(Frechet.distance(a, b)).isCloseTo(9 + 1 + 4, within(1e-12));
  }

  @Test
  void refusesWhatHasNoCovariance() {
    assertThatThrownBy(() -> Moments.of(new double[] {1, 2, 3}, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal features: 3 values, must be those of 2 or more images with 3 features each");
    assertThatThrownBy(() -> Moments.of(new double[] {1, 2, 3, Double.NaN}, 2))
        .hasMessage("illegal feature 1 of image 1: NaN, must be finite");
  }

  @Test
  void refusesFeaturesOfDifferentNetworks() {
    Moments two = Moments.of(new double[4], 2);
    Moments one = Moments.of(new double[4], 1);
    assertThatThrownBy(() -> Frechet.distance(two, one))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal features: 2 an image in one set and 1 in the other, must be equally many");
  }
}
