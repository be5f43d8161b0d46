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
  void isAnyModelsGuideToAnother() {
    Denoiser weak = MixtureDenoiser.gaussian(betas, 0.2, 1.5);
    Denoiser strong = network.of(classes);
    double[] guided = new Guidance(strong, weak, 3).at(xt, 0.4).x0().data();
    assertThat(guided)
        .containsExactly(
            Batch.lincomb(3, strong.at(xt, 0.4).x0(), -2, weak.at(xt, 0.4).x0()).data(),
            within(1e-12));
    assertThat(execution.calls).containsOnly(2);
  }

  @Test
  void doublesTheBatchOfAModelWithoutClassesToo() {
    NetworkDenoiser plain =
        new NetworkDenoiser(execution, betas, Predicts.EPS, TimeLabel.index(1000));
    Prediction same = new Guidance(plain.of((int[]) null), plain.of((int[]) null), 3).at(xt, 0.4);
    assertThat(execution.calls).containsExactly(4);
    assertThat(execution.lastClasses).isNull();
    assertThat(same.x0().data())
        .containsExactly(plain.at(xt, 0.4, null).x0().data(), within(1e-12));
  }

  @Test
  void actsInItsIntervalAndSendsOneBatchElsewhere() {
    Guidance guidance = new Guidance(network, classes, NONE, 3).during(0.2, 0.6);
    double[] everywhere = new Guidance(network, classes, NONE, 3).at(xt, 0.6).x0().data();
    execution.calls.clear();
    assertThat(guidance.at(xt, 0.6).x0().data()).isEqualTo(everywhere);
    assertThat(execution.calls).containsExactly(4);
    for (double outside : new double[] {0.2, 0.1, 0.601, 1}) {
      execution.calls.clear();
      assertThat(guidance.at(xt, outside).x0().data())
          .isEqualTo(network.at(xt, outside, classes).x0().data());
      assertThat(execution.calls).containsExactly(2, 2);
    }
  }

  @Test
  void takesItsIntervalInNoiseLevelsToo() {
    Guidance guidance =
        new Guidance(network, classes, NONE, 3)
            .duringLevels(betas, betas.noiseLevel(0.2), betas.noiseLevel(0.6));
    assertThat(guidance.after()).isCloseTo(0.2, within(1e-11));
    assertThat(guidance.until()).isCloseTo(0.6, within(1e-11));
    Guidance open =
        new Guidance(network, classes, NONE, 3).duringLevels(betas, 0, Double.POSITIVE_INFINITY);
    assertThat(open).isEqualTo(open.during(0, 1));
    assertThat(guidance.duringLevels(betas, 0.1, 1000).until()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 1})
  void bringsTheContrastOfEachImageBackByItsShare(double share) {
    Guidance plain = new Guidance(network, classes, NONE, 7.5);
    Batch guided = plain.at(xt, 0.4).x0();
    Batch given = network.at(xt, 0.4, classes).x0();
    Batch rescaled = plain.rescaled(share).at(xt, 0.4).x0();
    for (int image = 0; image < 2; image++) {
      double factor = share * given.std()[image] / guided.std()[image] + 1 - share;
      assertThat(rescaled.slice(image, 1).data())
          .containsExactly(guided.slice(image, 1).times(factor).data(), within(1e-12));
    }
    if (share == 1) {
      assertThat(rescaled.std()).containsExactly(given.std(), within(1e-12));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 3})
  void takesEachImageAtItsOwnTimeInOneEvaluation(double scale) {
    Denoiser guidance = new Clip(new Guidance(network, classes, NONE, scale).during(0, 0.5));
    Denoiser oneByOne = guidance::at; // each time evaluated for the whole batch
    double[] t = {0.3, 0.8};
    Prediction together = guidance.at(xt, t);
    assertThat(network.evaluations()).isEqualTo(1);
    assertThat(together.x0().data()).isEqualTo(oneByOne.at(xt, t).x0().data());
    assertThat(together.raw().data()).isEqualTo(oneByOne.at(xt, t).raw().data());
  }

  @Test
  void refusesWhatMakesNoSense() {
    Guidance guidance = new Guidance(network, classes, NONE, 2);
    assertThatThrownBy(() -> new Guidance(network, classes, NONE, -1))
        .hasMessage("illegal guidance: -1.0, must be 0 or more; 1 is no guidance");
    assertThatThrownBy(() -> guidance.during(0.5, 0.5))
        .hasMessage(
            "illegal guidance interval: 0.5 to 0.5, must be two times from 0 to 1 that ascend");
    assertThatThrownBy(() -> guidance.rescaled(1.1))
        .hasMessage("illegal guidance rescale: 1.1, must be from 0 to 1; 0 rescales nothing");
  }
}
