package io.jiffusion.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The numbers of torch-fidelity, of prdc, and of the formulas in float64. */
class RecordedMeasuresTest {
  private static final Map<String, Array> KID = Fixtures.tensors("metrics/kid.safetensors");
  private static final Map<String, Array> BALLS =
      Fixtures.tensors("metrics/precision_recall.safetensors");
  private static final Map<String, Array> LOGITS =
      Fixtures.tensors("metrics/inception_score.safetensors");
  private static final Map<String, Array> MORE = Fixtures.tensors("metrics-more/more.safetensors");
  private static final JsonNode EXPECTED = Fixtures.json("metrics-more/more.json");

  static Stream<JsonNode> kids() {
    return cases("kid").filter(each -> !each.has("kernel") && !each.has("kernel_poly_degree"));
  }

  static Stream<JsonNode> balls() {
    return cases("precision_recall");
  }

  static Stream<JsonNode> scores() {
    return cases("inception_score");
  }

  private static Stream<JsonNode> cases(String name) {
    return Fixtures.json("metrics/" + name + ".json").get("cases").valueStream();
  }

  private static Rows more(String set, String name) {
    return new Doubles(MORE.get(set + "." + name));
  }

  @ParameterizedTest
  @MethodSource("kids")
  void kernelDistance(JsonNode expected) {
    String set = expected.get("set").asString();
    Rows generated = new Doubles(KID.get(set + ".features1"));
    Rows real = new Doubles(KID.get(set + ".features2"));
    double mean = expected.get("kid_mean").asDouble();
    if (!expected.has("per_subset")) {
      assertThat(new Kid(real).exact(generated).value()).isCloseTo(mean, within(1e-10));
      assertThat(new Kid(real).subsets(generated, 0).value()).isCloseTo(mean, within(1e-10));
      return;
    }
    Array one = KID.get(set + ".subset_indices1");
    Array other = KID.get(set + ".subset_indices2");
    double[] values =
        IntStream.range(0, one.shape()[0])
            .mapToDouble(
                i -> Kid.of(generated.pick(ints(one.row(i))), real.pick(ints(other.row(i)))))
            .toArray();
    Estimate estimate = Kid.overSubsets(values);
    assertThat(estimate.value()).isCloseTo(mean, within(1e-10));
    assertThat(estimate.error()).isCloseTo(expected.get("kid_std").asDouble(), within(1e-10));
  }

  private static int[] ints(double[] values) {
    return IntStream.range(0, values.length).map(i -> (int) values[i]).toArray();
  }

  @ParameterizedTest
  @MethodSource("balls")
  void precisionAndRecall(JsonNode expected) {
    String set = expected.get("set").asString();
    PrecisionRecall.Both found =
        new PrecisionRecall(
                new Doubles(BALLS.get(set + ".real")), expected.get("neighborhood").asInt())
            .of(new Doubles(BALLS.get(set + ".generated")));
    assertThat(found.precision().value())
        .isCloseTo(expected.get("precision").asDouble(), within(1e-12));
    assertThat(found.recall().value()).isCloseTo(expected.get("recall").asDouble(), within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("scores")
  void inceptionScore(JsonNode expected) {
    Estimate found =
        InceptionScore.of(
            new Doubles(LOGITS.get(expected.get("logits").asString())),
            expected.get("splits").asInt());
    assertThat(found.value()).isCloseTo(expected.get("mean").asDouble(), within(1e-10));
    assertThat(found.error()).isCloseTo(expected.get("std").asDouble(), within(1e-10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"same", "shifted", "narrow", "far"})
  void densityAndCoverage(String set) {
    for (int k : new int[] {3, 5}) {
      JsonNode expected = EXPECTED.get(set).get("prdc_k" + k);
      DensityCoverage.Both found =
          new DensityCoverage(more(set, "real"), k).of(more(set, "generated"));
      assertThat(found.density().value())
          .isCloseTo(expected.get("density").asDouble(), within(1e-12));
      assertThat(found.coverage().value())
          .isCloseTo(expected.get("coverage").asDouble(), within(1e-12));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"same", "shifted", "narrow", "far"})
  void slicedWasserstein(String set) {
    int n = EXPECTED.get(set).get("sliced_w2_n").asInt();
    Mind.Sliced found =
        Mind.along(
            more(set, "generated").first(n),
            more(set, "real").first(n),
            MORE.get(set + ".directions").values());
    assertThat(found.square())
        .isCloseTo(EXPECTED.get(set).get("sliced_w2_squared").asDouble(), withinPercentage(1e-7));
  }

  @ParameterizedTest
  @ValueSource(strings = {"same", "shifted", "narrow", "far"})
  void maximumMeanDiscrepancyOfUnitVectors(String set) {
    assertThat(new Cmmd(more(set, "real")).of(more(set, "generated")).value())
        .isCloseTo(EXPECTED.get(set).get("cmmd_unit_norm").asDouble(), within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(strings = {"same", "shifted", "narrow", "far"})
  void theLineToInfinitelyManyImages(String set) {
    JsonNode expected = EXPECTED.get(set);
    Frechet frechet = new Frechet(Statistics.of(more(set, "real")));
    int[] sizes = expected.get("fd_sizes").valueStream().mapToInt(JsonNode::asInt).toArray();
    double[] distances = new double[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      int[] subset = MORE.get(set + ".fd_subset" + i).ints();
      distances[i] = frechet.distance(Statistics.of(more(set, "generated").pick(subset)));
      assertThat(distances[i])
          .isCloseTo(expected.get("fd_values").get(i).asDouble(), withinPercentage(1e-7));
    }
    FrechetInfinity.Line line = FrechetInfinity.Line.through(sizes, distances);
    assertThat(line.intercept())
        .isCloseTo(expected.get("fd_infinity").asDouble(), withinPercentage(1e-7));
    assertThat(line.slope()).isCloseTo(expected.get("fd_slope").asDouble(), withinPercentage(1e-7));
  }
}
