package io.jiffusion.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorsTest {
  private static final Features REAL = Normals.of(new SplittableRandom(1), 200, 5, 1);

  static Stream<Arguments> measures() {
    return Stream.of(
        measure("KID", 15, set -> new Kid(REAL).exact(set)),
        measure("CMMD", 15, set -> new Cmmd(REAL).of(set)),
        measure("FD-inf", 25, set -> FrechetInfinity.of(new Frechet(Statistics.of(REAL)), set, 0)),
        measure("MIND", 25, set -> Mind.of(set, REAL, 0)),
        measure("precision", 25, set -> new PrecisionRecall(REAL).of(set).precision()),
        measure("density", 25, set -> new DensityCoverage(REAL).of(set).density()));
  }

  private static Arguments measure(String name, double percent, Function<Rows, Estimate> measure) {
    return Arguments.of(name, percent, measure);
  }

  /** New sets, not a bootstrap: an image that is there twice has a neighbour at distance 0. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("measures")
  void theErrorIsTheSpreadOverSetsOfTheSameKind(
      String name, double percent, Function<Rows, Estimate> measure) {
    RandomGenerator random = new SplittableRandom(9);
    ToDoubleFunction<Estimate> error = Estimate::error;
    Estimate[] estimates =
        IntStream.range(0, 200)
            .mapToObj(i -> measure.apply(Normals.of(random, 150, 5, 1.4)))
            .toArray(Estimate[]::new);
    double spread = Normals.deviation(Stream.of(estimates).mapToDouble(Estimate::value).toArray());
    double told = Stream.of(estimates).mapToDouble(error).average().orElseThrow();
    assertThat(told).isCloseTo(spread, withinPercentage(percent));
  }

  @Test
  void aSetIsNotFartherFromItselfThanFromAnother() {
    assertThat(new Frechet(Statistics.of(REAL)).distance(Statistics.of(REAL))).isLessThan(1e-9);
    assertThat(Mind.of(REAL, REAL, 0).value()).isZero();
    assertThat(new Cmmd(REAL).of(REAL).value()).isLessThan(1e-9);
    assertThat(Nearest.of(REAL, REAL).distances()).containsOnly(0.0);
  }

  @Test
  void copiesAreAtDistanceZeroThoughTheirLengthsAreRounded() {
    Features set = Normals.of(new SplittableRandom(4), 60, 2048, 1);
    for (int i = 0; i < set.values().length; i++) {
      set.values()[i] += 3;
    }
    assertThat(Nearest.of(set, set).distances()).containsOnly(0.0);
    int[] five = IntStream.range(0, 60).map(i -> i / 5).toArray();
    Rows copies = set.pick(five);
    assertThat(new PrecisionRecall(copies).of(copies).precision().value()).isEqualTo(1);
    assertThat(new DensityCoverage(copies).of(copies).coverage().value()).isEqualTo(1);
  }

  @Test
  void theSameSeedGivesTheSameNumbers() {
    Features set = Normals.of(new SplittableRandom(2), 120, 5, 1.1);
    assertThat(Mind.of(set, REAL, 3)).isEqualTo(Mind.of(set, REAL, 3));
    assertThat(new Kid(REAL).subsets(set, 3)).isEqualTo(new Kid(REAL).subsets(set, 3));
    assertThat(new Kid(REAL).exact(set)).isEqualTo(new Kid(REAL).exact(set));
    assertThat(Mind.of(set, REAL, 3)).isNotEqualTo(Mind.of(set, REAL, 4));
  }

  @Test
  void constantImagesHaveDistances() {
    Features same = new Features(30, 5, new float[150]);
    assertThat(new Frechet(Statistics.of(same)).distance(Statistics.of(same))).isZero();
    assertThat(new Frechet(Statistics.of(REAL)).estimate(same).value()).isPositive();
    assertThat(new Kid(REAL).exact(same).value()).isFinite();
    // Vectors of length 0 are at distance 1 from all of length 1.
    Features unit = new Features(2, 5, new float[] {3, 0, 0, 0, 0, 3, 0, 0, 0, 0});
    assertThat(new Cmmd(unit).of(same).value())
        .isCloseTo(1000 * (2 - 2 * Math.exp(-1 / 200.0)), within(1e-9));
  }

  @Test
  void whatHasTooFewImagesIsTold() {
    Features one = new Features(1, 5, new float[5]);
    for (ToDoubleFunction<Rows> measure :
        List.<ToDoubleFunction<Rows>>of(
            set -> new Kid(REAL).exact(set).value(),
            set -> new PrecisionRecall(REAL).of(set).recall().value(),
            set -> Mind.of(set, REAL, 0).value())) {
      assertThatThrownBy(() -> measure.applyAsDouble(one))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("illegal set: 1 image, must be ");
    }
    assertThatThrownBy(() -> new Kid(REAL).exact(new Features(9, 4, new float[36])))
        .hasMessageContaining("4 of an image, must be 5 as those of the reference");
  }
}
