package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PredictsTest {

  /** Rectified flow, the one schedule on which all five predictions make sense. */
  static final NoiseSchedule FLOW =
      new NoiseSchedule() {
        @Override
        public double alpha(double t) {
          return 1 - t;
        }

        @Override
        public double sigma(double t) {
          return t;
        }
      };

  /** The paper's definition of what each network says, given x0 and eps. */
  private static double target(
      Predicts predicts, double alpha, double sigma, double x0, double eps) {
    DoubleBinaryOperator definition =
        switch (predicts) {
          case EPS -> (a, e) -> e;
          case X0 -> (a, e) -> a;
          case V -> (a, e) -> alpha * e - sigma * a;
          case SCORE -> (a, e) -> -e / sigma;
          case VELOCITY -> (a, e) -> e - a;
        };
    return definition.applyAsDouble(x0, eps);
  }

  @ParameterizedTest
  @EnumSource
  void recoversTheDataFromAPerfectNetworkAndTheTargetFromTheData(Predicts predicts) {
    double x0 = 0.37;
    double eps = -1.21;
    for (double t : new double[] {0.001, 0.1, 0.5, 0.9, 0.999}) {
      double xt = FLOW.alpha(t) * x0 + FLOW.sigma(t) * eps;
      double target = target(predicts, FLOW.alpha(t), FLOW.sigma(t), x0, eps);
      Scalings s = predicts.scalings(FLOW, t, 17);
      assertThat(s.label()).isEqualTo(17);
      assertThat(s.in()).isEqualTo(1);
      assertThat(s.skip() * xt + s.out() * target).isCloseTo(x0, within(1e-12));
      assertThat((x0 - s.skip() * xt) / s.out())
          .isCloseTo(target, within(1e-9 * Math.max(1, Math.abs(target))));
    }
  }

  @Test
  void refusesNoiseAndScoreWhereThereIsNoSignal() {
    assertThatThrownBy(() -> Predicts.EPS.scalings(FLOW, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal time: 1.0 for eps prediction, must have alpha above 0 (there is no signal left);"
                + " start at an earlier time, or use a model that predicts v or x0");
    assertThatThrownBy(() -> Predicts.SCORE.scalings(FLOW, 1, 0))
        .hasMessageStartingWith("illegal time: 1.0 for score prediction");
    assertThat(Predicts.V.scalings(FLOW, 1, 0)).isEqualTo(new Scalings(1, 0, -1, 0));
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
}
