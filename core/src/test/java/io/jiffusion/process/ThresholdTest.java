package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ThresholdTest {

  @Test
  void thresholdsAsDpmSolversCodeDoes() {
    Map<String, Array> recorded = Fixtures.tensors("solvers/dynamic_thresholding.safetensors");
    int[] shape = recorded.get("x0").shape();
    Batch x0 = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x0").values());
    for (JsonNode entry : Fixtures.json("solvers/dynamic_thresholding.json").get("cases")) {
      Prediction prediction =
          new Threshold(
                  (xt, t) -> new Prediction(x0),
                  entry.get("ratio").asDouble(),
                  entry.get("max_val").asDouble())
              .at(x0, 0.5);
      String key = entry.get("key").asString();
      assertThat(prediction.x0().data())
          .as(key)
          .containsExactly(recorded.get(key + ".thresholded_x0").values(), within(1e-12));
      assertThat(prediction.raw()).isSameAs(x0);
    }
  }

  @Test
  void isClippingWhereTheQuantileIsWithinTheRangeOfImages() {
    Batch xt = new Batch(1, 1, 2, 2, new double[] {0.2, -0.4, 0.9, -5});
    Denoiser same = (x, t) -> new Prediction(x);
    assertThat(new Threshold(same, 0.5, 1).at(xt, 0.5).x0().data())
        .isEqualTo(new Clip(same).at(xt, 0.5).x0().data());
    assertThat(new Threshold(same, 1, 1).at(xt, 0.5).x0().data())
        .containsExactly(new double[] {0.04, -0.08, 0.18, -1}, within(1e-12));
  }

  @Test
  void dividesByNoMoreThanTheLargestThreshold() {
    Batch xt = new Batch(1, 1, 1, 2, new double[] {0.5, -5});
    Denoiser same = (x, t) -> new Prediction(x);
    assertThat(new Threshold(same, 1, 1, 2).at(xt, 0.5).x0().data()).containsExactly(0.25, -1);
    assertThatThrownBy(() -> new Threshold(same, 1, 1, 0.5))
        .hasMessage("illegal largest threshold: 0.5, must be at least the limit 1.0");
  }

  @Test
  void refusesWhatMakesNoSense() {
    Denoiser same = (x, t) -> new Prediction(x);
    assertThatThrownBy(() -> new Threshold(same, 1.5, 1))
        .hasMessage("illegal quantile: 1.5, must be from 0 to 1");
    assertThatThrownBy(() -> new Threshold(same, 0.5, 0))
        .hasMessage("illegal threshold: 0.0, must be above 0");
  }
}
