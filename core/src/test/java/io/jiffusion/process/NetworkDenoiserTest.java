package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.TimeLabel;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkDenoiserTest {
  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final Batch xt = new Batch(3, 1, 1, 2, new double[] {0.4, -1.1, 2.2, 0.1, -0.7, 0});

  /** All but velocity, which belongs to another schedule. */
  static final List<Named<Predicts>> isTheSameDenoiserWhateverTheNetworkPredicts =
      List.of(
          Named.of("eps", Predicts.EPS),
          Named.of("x0", Predicts.X0),
          Named.of("v", Predicts.V),
          Named.of("score", Predicts.SCORE),
          Named.of("edm", Predicts.edm(0.7)));

  @ParameterizedTest
  @FieldSource
  void isTheSameDenoiserWhateverTheNetworkPredicts(Predicts predicts) {
    NetworkDenoiser denoiser =
        new NetworkDenoiser(
            new ExactExecution(betas, predicts, 1000, false),
            betas,
            predicts,
            TimeLabel.index(1000));
    MixtureDenoiser exact = MixtureDenoiser.gaussian(betas, 0, 0.5);
    for (double t : new double[] {0.001, 0.25, 0.7}) {
      Prediction prediction = denoiser.at(xt, t, null);
      assertThat(prediction.x0().data()).containsExactly(exact.at(xt, t).x0().data(), within(1e-5));
      assertThat(prediction.raw()).isSameAs(prediction.x0());
      assertThat(prediction.variance()).isNull();
    }
    assertThat(denoiser.evaluations()).isEqualTo(3);
    assertThat(denoiser.passes()).isEqualTo(9);
  }

  @Test
  void tellsTheNetworkTheTimeAsInItsTraining() {
    ExactExecution execution = new ExactExecution(betas, Predicts.EPS, 1000, false);
    new NetworkDenoiser(execution, betas, Predicts.EPS, TimeLabel.index(1000))
        .at(xt, betas.time(249), null);
    assertThat(execution.lastLabels).containsExactly(249, 249, 249);
    DiscreteBetas longer = DiscreteBetas.rescaledLinear(4000);
    new NetworkDenoiser(execution, longer, Predicts.EPS, TimeLabel.rescaled(4000))
        .at(xt, longer.time(249), null);
    assertThat(execution.lastLabels).containsExactly(62.25f, 62.25f, 62.25f);
  }

  @Test
  void splitsOffTheVarianceOfEveryImage() {
    NetworkDenoiser denoiser =
        new NetworkDenoiser(
            new ExactExecution(betas, Predicts.X0, 1000, true),
            betas,
            Predicts.X0,
            TimeLabel.index(1000));
    Prediction prediction = denoiser.at(xt, 0.25, null);
    assertThat(prediction.variance().data()).containsExactly(0, 0.25, 1, 1.25, 2, 2.25);
    assertThat(prediction.x0().data())
        .containsExactly(
            MixtureDenoiser.gaussian(betas, 0, 0.5).at(xt, 0.25).x0().data(), within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesEachImageAtItsOwnTimeInOneEvaluation(boolean learnsVariance) {
    ExactExecution execution = new ExactExecution(betas, Predicts.EPS, 1000, learnsVariance);
    NetworkDenoiser network =
        new NetworkDenoiser(execution, betas, Predicts.EPS, TimeLabel.index(1000));
    Denoiser denoiser = network.of(2, 0, 1);
    Denoiser oneByOne = denoiser::at; // each time evaluated for the whole batch
    double[] t = {0.1, 0.7, 0.7};
    Prediction together = denoiser.at(xt, t);
    assertThat(network.evaluations()).isEqualTo(1);
    assertThat(network.passes()).isEqualTo(3);
    assertThat(execution.lastLabels).containsExactly(99, 699, 699);
    Prediction apart = oneByOne.at(xt, t);
    assertThat(together.x0().data()).isEqualTo(apart.x0().data());
    if (learnsVariance) {
      assertThat(together.variance().data()).isEqualTo(apart.variance().data());
    }
  }

  @Test
  void clipsTheDataAndKeepsWhatTheNetworkSaid() {
    Denoiser denoiser = (x, t) -> new Prediction(x, x);
    Prediction clipped = new Clip(denoiser).at(xt, 0.5);
    assertThat(clipped.x0().data()).containsExactly(0.4, -1, 1, 0.1, -0.7, 0);
    assertThat(clipped.raw()).isSameAs(xt);
    assertThat(clipped.variance()).isSameAs(xt);
    assertThatThrownBy(() -> new Clip(denoiser, 1, -1))
        .hasMessage("illegal range: 1.0 to -1.0, must ascend");
  }

  @Test
  void refusesWhatDoesNotFit() {
    NetworkDenoiser denoiser =
        new NetworkDenoiser(
            new ExactExecution(betas, Predicts.EPS, 1000, false),
            betas,
            Predicts.EPS,
            TimeLabel.index(1000));
    assertThatThrownBy(() -> denoiser.at(new Batch(1, 1, 2, 1, new double[2]), 0.5, null))
        .hasMessage("illegal state: images of 1x2x1, must be [1, 1, 2] for this network");
    assertThatThrownBy(() -> denoiser.at(xt, 0.5, new int[] {1}))
        .hasMessage("illegal classes: 1, must be 3, one for each image");
  }
}
