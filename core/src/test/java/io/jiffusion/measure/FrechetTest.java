package io.jiffusion.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
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

  private static Statistics statistics(String name) {
    return Statistics.of(new Doubles(FEATURES.get(name)));
  }

  private static double distance(Statistics a, Statistics b) {
    return new Frechet(a).distance(b);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithFiftyDigitArithmeticOnEveryKindOfSet(JsonNode expected) {
    String key = expected.get("key").asString();
    double distance = distance(statistics(key + ".features1"), statistics(key + ".features2"));
    assertThat(distance)
        .isCloseTo(
            expected.get("frechet_distance_50_digits").asDouble(),
            within(RANK_DEFICIENT.contains(key) ? 1e-6 : 1e-9));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isSymmetric(JsonNode expected) {
    String key = expected.get("key").asString();
    Statistics a = statistics(key + ".features1");
    Statistics b = statistics(key + ".features2");
    assertThat(distance(a, b)).isCloseTo(distance(b, a), within(1e-6));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fitsMeanAndCovarianceOfASample(JsonNode expected) {
    String key = expected.get("key").asString();
    for (String set : new String[] {"1", "2"}) {
      Statistics found = statistics(key + ".features" + set);
      assertThat(found.mean())
          .containsExactly(FEATURES.get(key + ".mu" + set).values(), within(1e-12));
      assertThat(found.covariance())
          .containsExactly(FEATURES.get(key + ".sigma" + set).values(), within(1e-12));
    }
  }

  @Test
  void isTheSumOverAxesOfIndependentNormals() {
    // Along one axis: (μ1 − μ2)² + (σ1 − σ2)².
    Statistics a = Statistics.of(9, new double[] {1, 2}, new double[] {4, 0, 0, 9});
    Statistics b = Statistics.of(9, new double[] {4, 2}, new double[] {1, 0, 0, 25});
    assertThat(distance(a, b)).isCloseTo(9 + 1 + 4, within(1e-12));
  }

  @Test
  void theErrorIsThatOfABootstrap() {
    RandomGenerator random = new SplittableRandom(5);
    Features real = Normals.of(random, 400, 4, 1);
    Features set = Normals.of(random, 300, 4, 1.3);
    Frechet frechet = new Frechet(Statistics.of(real));
    Estimate estimate = frechet.estimate(set);
    double[] again =
        IntStream.range(0, 400)
            .mapToDouble(i -> frechet.distance(Statistics.of(set.pick(Normals.again(random, 300)))))
            .toArray();
    assertThat(estimate.value()).isEqualTo(frechet.distance(Statistics.of(set)));
    assertThat(estimate.error()).isCloseTo(Normals.deviation(again), withinPercentage(12));
  }

  @Test
  void refusesWhatHasNoCovariance() {
    assertThatThrownBy(() -> new Frechet(Statistics.of(new Features(1, 3, new float[3]))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal set: 1 image, must be 2 or more to have a covariance");
    assertThatThrownBy(() -> new Features(2, 2, new float[] {1, 2, 3, Float.NaN}))
        .hasMessage(
            "illegal feature 1 of image 1: NaN, must be finite; the images or the weights of the"
                + " network are damaged");
  }

  @Test
  void refusesFeaturesOfDifferentNetworks() {
    Statistics two = Statistics.of(new Features(2, 2, new float[4]));
    Statistics one = Statistics.of(new Features(4, 1, new float[4]));
    assertThatThrownBy(() -> distance(two, one))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal features: 1 of an image, must be 2 as those of the reference: both must be of"
                + " one layer of one network");
  }
}
