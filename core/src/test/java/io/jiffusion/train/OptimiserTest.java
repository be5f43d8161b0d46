package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimiserTest {

  @Test
  void theLearningRateGrowsLinearlyInTheWarmUp() {
    AdamW adamw = new AdamW(0.1, 0.9, 0.999, 0, 0, 4);
    assertThat(adamw.lr(0)).isEqualTo(0.025, within(1e-15));
    assertThat(adamw.lr(1)).isEqualTo(0.05, within(1e-15));
    assertThat(adamw.lr(3)).isEqualTo(0.1, within(1e-15));
    assertThat(adamw.lr(1000)).isEqualTo(0.1);
    assertThat(new AdamW(0.1, 0.9, 0.999, 0, 0, 0).lr(0)).isEqualTo(0.1);
  }

  @Test
  void aLongGradientIsShortenedToTheLimit() {
    AdamW adamw = new AdamW(0.1, 0.9, 0.999, 0, 2, 0);
    assertThat(adamw.scale(1)).isEqualTo(1);
    assertThat(adamw.scale(2)).isEqualTo(1);
    assertThat(adamw.scale(6)).isEqualTo(3);
    assertThat(new AdamW(0.1, 0.9, 0.999, 0, 0, 0).scale(1e9)).isEqualTo(1);
  }

  @Test
  void theAverageForgetsItsBeginningQuickly() {
    Ema ema = new Ema(0.999);
    assertThat(ema.at(0)).isEqualTo(0.1, within(1e-15));
    assertThat(ema.at(1)).isEqualTo(2 / 11.0, within(1e-15));
    assertThat(ema.at(90)).isEqualTo(0.91, within(1e-15));
    assertThat(ema.at(8990)).isEqualTo(0.999, within(1e-15));
    assertThat(ema.at(1_000_000)).isEqualTo(0.999);
    assertThat(new Ema(0).at(0)).isZero();
  }

  /** The other averages of the fixture are of kinds that this program does not have. */
  @ParameterizedTest
  @ValueSource(doubles = {0.999, 0.25})
  void averagesAsScoreSdeDoesWhoseCountBeginsAtOne(double decay) {
    var recorded = Fixtures.tensors("losses/ema.safetensors");
    double[] average = recorded.get("initial").values().clone();
    for (int update = 0; update < 30; update++) {
      double kept = new Ema(decay).at(update + 1);
      double[] weights = recorded.get("parameters").row(update);
      Arrays.setAll(average, i -> kept * average[i] + (1 - kept) * weights[i]);
      assertThat(average)
          .containsExactly(recorded.get("score_sde_" + decay + "_true").row(update), within(1e-12));
    }
  }
}
