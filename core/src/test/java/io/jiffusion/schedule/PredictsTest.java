package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PredictsTest {

  /** The one schedule on which all predictions make sense. */
  private static final NoiseSchedule FLOW = new RectifiedFlow();

  /** What a paper's network says, given alpha, sigma, x0 and eps. */
  private interface Target {
    double of(double alpha, double sigma, double x0, double eps);
  }

  static Stream<Arguments> definitions() {
    return Stream.of(
        definition("eps", Predicts.EPS, (alpha, sigma, x0, eps) -> eps),
        definition("x0", Predicts.X0, (alpha, sigma, x0, eps) -> x0),
        definition("v", Predicts.V, (alpha, sigma, x0, eps) -> alpha * eps - sigma * x0),
        definition("score", Predicts.SCORE, (alpha, sigma, x0, eps) -> -eps / sigma),
        definition("velocity", Predicts.VELOCITY, (alpha, sigma, x0, eps) -> eps - x0),
        definition(
            "edm",
            Predicts.edm(0.7),
            (alpha, sigma, x0, eps) -> {
              double n = sigma / alpha;
              double y = x0 + n * eps;
              double variance = n * n + 0.7 * 0.7;
              return (x0 - 0.7 * 0.7 / variance * y) / (n * 0.7 / Math.sqrt(variance));
            }));
  }

  private static Arguments definition(String name, Predicts predicts, Target target) {
    return Arguments.of(name, predicts, target);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("definitions")
  void recoversTheDataFromAPerfectNetworkAndTheTargetFromTheData(
      String name, Predicts predicts, Target definition) {
    double x0 = 0.37;
    double eps = -1.21;
    for (double t : new double[] {0.001, 0.1, 0.5, 0.9, 0.999}) {
      double xt = FLOW.alpha(t) * x0 + FLOW.sigma(t) * eps;
      double target = definition.of(FLOW.alpha(t), FLOW.sigma(t), x0, eps);
      Scalings s = predicts.scalings(FLOW, t, 17);
      assertThat(s.label()).isEqualTo(17);
      assertThat(s.skip() * xt + s.out() * target).isCloseTo(x0, within(1e-12));
      assertThat((x0 - s.skip() * xt) / s.out())
          .isCloseTo(target, within(1e-9 * Math.max(1, Math.abs(target))));
    }
  }

  /** Unit variance of input and target, for data and noise of known variance. */
  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void givesEdmsNetworkInputsAndTargetsOfUnitVarianceOnEverySchedule(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    for (double t : new double[] {schedules.start(), 0.5, schedules.end()}) {
      Scalings s = Predicts.edm(0.7).scalings(schedule, t, 0);
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      double input = s.in() * Math.hypot(alpha * 0.7, sigma);
      double target = Math.hypot((1 - s.skip() * alpha) * 0.7, s.skip() * sigma) / s.out();
      assertThat(input).isCloseTo(1, within(1e-12));
      assertThat(target).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void canReadEdmsNetworkWhereNoSignalIsLeft() {
    assertThat(Predicts.edm(0.5).scalings(FLOW, 1, 0)).isEqualTo(new Scalings(1, 0, 0.5, 0));
    assertThatThrownBy(() -> Predicts.edm(0)).hasMessage("illegal sigmaData: 0.0, must be above 0");
  }

  /** EDM's own preconditioning, and the one that it gives to networks of the VP SDE. */
  @ParameterizedTest
  @ValueSource(strings = {"edm", "vp"})
  void preconditionsAsEdmDoes(String name) {
    Map<String, Array> peer = Fixtures.tensors("losses/edm.safetensors");
    boolean edm = name.equals("edm");
    NoiseSchedule schedule = edm ? new Edm(0.002, 1000) : new VariancePreserving(0.1, 20);
    Predicts predicts = edm ? Predicts.edm(0.5) : Predicts.EPS;
    TimeLabel label = edm ? TimeLabel.logNoiseLevel(schedule) : TimeLabel.scaled(999);
    double[] levels = peer.get("precond.sigma").values();
    String key = "precond." + name;
    for (int b = 0; b < levels.length; b++) {
      double t = schedule.timeOf(-Math.log(levels[b]));
      Scalings s = predicts.scalings(schedule, t, label.at(t));
      assertThat(s.label()).isCloseTo(peer.get(key + ".label").values()[b], within(1e-9));
      double[] y = peer.get("precond.x").row(b);
      double[] input = peer.get(key + ".network_input").row(b);
      double[] denoised = peer.get(key + ".denoised").row(b);
      for (int i = 0; i < y.length; i++) {
        double xt = schedule.alpha(t) * y[i];
        double in = s.in() * xt;
        double network = 0.7 * Math.sin(1.3 * in + 0.2 * s.label()) + 0.1 * in;
        assertThat(in).isCloseTo(input[i], within(1e-9));
        assertThat(s.skip() * xt + s.out() * network).isCloseTo(denoised[i], within(1e-8));
      }
    }
  }

  @Test
  void refusesNoiseAndScoreWhereThereIsNoSignal() {
    assertThatThrownBy(() -> Predicts.EPS.scalings(FLOW, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal time: 1.0 for eps prediction, where alpha is 0, must have a signal (none is left there);"
                + " start at an earlier time, or use a model that predicts v or x0");
    assertThatThrownBy(() -> Predicts.SCORE.scalings(FLOW, 1, 0))
        .hasMessageStartingWith("illegal time: 1.0 for score prediction");
    assertThat(Predicts.V.scalings(FLOW, 1, 0)).isEqualTo(new Scalings(1, 0, -1, 0));
  }

  @Test
  void aSignalBelowWhatAFloatCanTellIsNone() {
    NoiseSchedule cosine =
        new NoiseSchedule() {
          @Override
          public double alpha(double t) {
            return Math.cos(Math.PI / 2 * t);
          }

          @Override
          public double sigma(double t) {
            return Math.sin(Math.PI / 2 * t);
          }
        };
    assertThat(cosine.alpha(1)).isBetween(6e-17, 7e-17);
    assertThat(cosine.hasSignal(1)).isFalse();
    assertThat(cosine.hasSignal(0.999)).isTrue();
    assertThatThrownBy(() -> Predicts.EPS.scalings(cosine, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("where alpha is 6.1")
        .hasMessageContaining("must have a signal (none is left there); start at an earlier time");
  }

  @Test
  void refusesVelocityOnOtherSchedules() {
    assertThatThrownBy(() -> Predicts.VELOCITY.scalings(DiscreteBetas.cosine(10), 0.5, 0))
        .hasMessageContaining("must be 1; use v prediction for other schedules");
  }

  @Test
  void labelsIndicesExactlyThoughTheTimesAreRounded() {
    for (int steps : new int[] {1, 3, 999, 1000, 4000, 9999}) {
      DiscreteBetas betas = DiscreteBetas.cosine(steps);
      for (int i = 0; i < steps; i++) {
        assertThat(TimeLabel.index(steps).at(betas.time(i))).isEqualTo(i);
        assertThat(TimeLabel.rescaled(steps).at(betas.time(i))).isEqualTo(i * (1000.0 / steps));
      }
    }
    assertThat(TimeLabel.index(1000).at(0.5005)).isCloseTo(499.5, within(1e-9));
  }

  @Test
  void labelsContinuousTimesAsTheirPapersDo() {
    assertThat(TimeLabel.scaled(999).at(0.5)).isEqualTo(499.5);
    assertThat(TimeLabel.sigma(new VarianceExploding(0.01, 50)).at(1)).isCloseTo(50, within(1e-12));
    assertThat(TimeLabel.logNoiseLevel(new Edm(0.002, 80)).at(1))
        .isCloseTo(Math.log(80) / 4, within(1e-15));
    assertThatThrownBy(() -> TimeLabel.index(0)).hasMessage("illegal steps: 0, must be 1 or more");
  }
}
