package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.TimeLabel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuidanceTest {
  private static final int NONE = 2;

  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final ExactExecution execution = new ExactExecution(betas, Predicts.EPS, 1000, false);
  private final NetworkDenoiser network =
      new NetworkDenoiser(execution, betas, Predicts.EPS, TimeLabel.index(1000));
  private final Batch xt = new Batch(2, 1, 1, 2, new double[] {0.4, -1.1, 2.2, 0.1});
  private final int[] classes = {1, 0};

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 2, 7.5})
  void isTheSameInTermsOfTheNoise(double scale) {
    double t = 0.4;
    double[] given = eps(network.at(xt, t, classes), t);
    double[] free = eps(network.at(xt, t, new int[] {NONE, NONE}), t);
    double[] guided = eps(new Guidance(network, classes, NONE, scale).at(xt, t), t);
    for (int i = 0; i < guided.length; i++) {
      assertThat(guided[i]).isCloseTo(free[i] + scale * (given[i] - free[i]), within(1e-9));
    }
  }

  private double[] eps(Prediction prediction, double t) {
    return Batch.lincomb(1 / betas.sigma(t), xt, -betas.alpha(t) / betas.sigma(t), prediction.x0())
        .data();
  }

  @Test
  void sendsOneDoubledBatch() {
    new Guidance(network, classes, NONE, 3).at(xt, 0.4);
    assertThat(execution.calls).containsExactly(4);
    assertThat(execution.lastClasses).containsExactly(1, 0, NONE, NONE);
    assertThat(network.evaluations()).isEqualTo(1);
    assertThat(network.passes()).isEqualTo(4);
  }

  @Test
  void doublesNothingWhereOneHalfIsSuperfluous() {
    Prediction one = new Guidance(network, classes, NONE, 1).at(xt, 0.4);
    assertThat(one.x0().data()).isEqualTo(network.at(xt, 0.4, classes).x0().data());
    Prediction zero = new Guidance(network, classes, NONE, 0).at(xt, 0.4);
    assertThat(zero.x0().data()).isEqualTo(network.at(xt, 0.4, new int[] {NONE, NONE}).x0().data());
    assertThat(execution.calls).containsOnly(2);
  }

  @Test
  void keepsTheVarianceOfTheClass() {
    NetworkDenoiser learned =
        new NetworkDenoiser(
            new ExactExecution(betas, Predicts.EPS, 1000, true),
            betas,
            Predicts.EPS,
            TimeLabel.index(1000));
    assertThat(new Guidance(learned, classes, NONE, 3).at(xt, 0.4).variance().data())
        .isEqualTo(learned.at(xt, 0.4, classes).variance().data());
  }

  @Test
  void refusesANegativeScale() {
    assertThatThrownBy(() -> new Guidance(network, classes, NONE, -1))
        .hasMessage("illegal guidance: -1.0, must be 0 or more; 1 is no guidance");
  }
}
