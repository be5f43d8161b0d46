package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.pipeline.Predict.Inputs;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What predict takes besides what the originals recorded. */
@Timeout(60)
class PredictTest {
  private static final Values X = new Values(new float[32 * 32], 1, 1, 32, 32);

  private static StoredModel bundled(String... settings) {
    StoredModel stored = Checkpoints.open(Home.model(Home.BUNDLED));
    RunConfig config = stored.run().config().with(List.of(settings));
    return new StoredModel(RunFolder.of(config, 1), stored.weights());
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "cosine", "ve", "vp", "flow"})
  void takesTheNoiseLevelsAtTheEndsOfTheProcess(String schedule) {
    try (StoredModel stored = bundled("process.schedule=" + schedule)) {
      var process = stored.run().config().process().noiseSchedule();
      for (double end : new double[] {process.noiseLevel(0), process.noiseLevel(1)}) {
        if (end > 0 && end < 1e6) {
          float rounded = (float) end;
          for (float sigma : List.of(Math.nextDown(rounded), rounded, Math.nextUp(rounded))) {
            Values made = Predict.denoised(stored, X, new float[] {sigma}, Inputs.NONE);
            assertThat(made.values()).doesNotContain(Float.NaN);
          }
        }
      }
    }
  }

  @Test
  void aNoiseLevelThatTheProcessDoesNotHaveIsToldWithItsEnds() {
    try (StoredModel stored = bundled("process.schedule=ve")) {
      for (float sigma : List.of(0f, -1f, 0.009f, 51f, Float.NaN)) {
        assertThatThrownBy(() -> Predict.denoised(stored, X, new float[] {sigma}, Inputs.NONE))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith("illegal t: ")
            .hasMessageContaining(", must be a noise level sigma/alpha from 0.01 to 50.0");
      }
    }
  }

  @Test
  void computesInThePrecisionThatIsAskedFor() {
    float[] values = new float[32 * 32];
    Arrays.setAll(new double[values.length], i -> values[i] = (float) Math.sin(i));
    Values x = new Values(values, 1, 1, 32, 32);
    float[] times = {500};
    try (StoredModel stored = bundled()) {
      float[] full = Predict.of(stored, x, times, Inputs.NONE).values();
      float[] half = Predict.of(stored, x, times, Inputs.NONE, "bf16").values();
      assertThat(Predict.of(stored, x, times, Inputs.NONE, "fp32").values()).isEqualTo(full);
      assertThat(half).isNotEqualTo(full);
      double off = 0;
      for (int i = 0; i < full.length; i++) {
        off = Math.max(off, Math.abs(full[i] - half[i]));
      }
      assertThat(off).isBetween(1e-5, 0.2);
      assertThatThrownBy(() -> Predict.of(stored, x, times, Inputs.NONE, "half"))
          .hasMessage("illegal precision: half, must be fp32, bf16 or auto");
    }
  }
}
