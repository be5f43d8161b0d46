package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.schedule.DiscreteBetas;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stand-in model itself is right. */
class MixtureDenoiserTest {

  @ParameterizedTest
  @ValueSource(strings = {"plane", "image"})
  void equalsTheRecordedModel(String name) {
    Map<String, Array> recorded = Fixtures.tensors("mixture/" + name + ".safetensors");
    MixtureDenoiser model = MixtureDenoiser.of(DiscreteBetas.cosine(10), name);
    int[] shape = recorded.get("check_x").shape();
    for (int b = 0; b < shape[0]; b++) {
      Batch x = new Batch(1, shape[1], shape[2], shape[3], recorded.get("check_x").row(b));
      double alpha = recorded.get("check_alpha").values()[b];
      double sigma = recorded.get("check_sigma").values()[b];
      assertThat(model.x0(x, alpha, sigma).data())
          .containsExactly(recorded.get("check_x0").row(b), within(1e-12));
      Batch far = x.with(Arrays.stream(x.data()).map(value -> 5 * value).toArray());
      assertThat(model.x0(far, 1, 4).data())
          .containsExactly(recorded.get("check_ve_x0").row(b), within(1e-12));
    }
  }
}
