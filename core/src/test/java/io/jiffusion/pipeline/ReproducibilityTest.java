package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.execute.RandomWeights;
import io.jiffusion.network.Network;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Precision;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/reproducibility.md promises of samples, on real networks. */
@ExtendWith(NativeHandles.class)
@Timeout(120)
class ReproducibilityTest {
  private static final RunConfig CONFIG =
      RunConfig.of(
          "mnist",
          List.of(
              "network.unet.height=16",
              "network.unet.width=16",
              "network.unet.channels=16",
              "network.unet.multipliers=[1, 2]"));
  private static final int SIZE = 16 * 16;
  private static final int BLOCK = 4;

  @ParameterizedTest
  @CsvSource({"ddim, fp32", "ddim:eta=0.5, fp32", "ddpm, fp32", "ddpm, bf16"})
  void theSameRequestGivesTheSameBitsForAnyBatchAndAnyNumberOfThreads(
      String sampler, String precision) {
    SampleRequest request =
        SampleRequest.of(10).sampler(sampler).steps(4).seed(11).classes(3, 1, 4).guidance(2);
    float[] expected = null;
    for (int threads = 1; threads <= 3; threads++) {
      try (Model model = model(precision, threads)) {
        for (int batch : new int[] {1, 3, 64}) {
          float[] values = model.sample(request.batch(batch).floats(true)).values();
          expected = expected == null ? values : expected;
          assertThat(values).as(threads + " threads, batch " + batch).isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unipc", "dpmpp-2m-sde", "dpm-adaptive:eta=0.5,rtol=0.9,atol=0.9"})
  void noKindOfSamplerLetsBatchAndThreadsChangeAnImage(String sampler) {
    SampleRequest request =
        SampleRequest.of(5).sampler(sampler).steps(4).seed(11).classes(3, 1).floats(true);
    float[] expected = null;
    int[] batches = {64, 3, 1};
    for (int threads = 1; threads <= 3; threads++) {
      try (Model model = model("fp32", threads)) {
        float[] values = model.sample(request.batch(batches[threads - 1])).values();
        expected = expected == null ? values : expected;
        assertThat(values).as(threads + " threads").isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"ddim, fp32", "ddpm, fp32", "ddpm, bf16"})
  void anImageOfManyIsTheSameAloneBitForBit(String sampler, String precision) {
    SampleRequest request =
        SampleRequest.of(70).sampler(sampler).steps(3).seed(11).classes(3, 1, 4).floats(true);
    try (Model model = model(precision, 2)) {
      float[] all = model.sample(request).values();
      for (int i : new int[] {0, 1, 6, 63, 64, 69}) {
        assertThat(model.sample(request.only(i)).values())
            .as("image " + i)
            .isEqualTo(Arrays.copyOfRange(all, i * SIZE, (i + 1) * SIZE));
      }
    }
  }

  @Test
  void aRequestThatWasTextGivesTheSameBytes() {
    SampleRequest request =
        SampleRequest.of(3)
            .sampler("ddpm")
            .steps(4)
            .seed(Long.MAX_VALUE - 1)
            .classes(7, 0)
            .guidance(1.5);
    try (Model model = model("fp32", 2)) {
      Images images = model.sample(request);
      assertThat(model.sample(SampleRequest.ofJson(request.toJson())).bytes())
          .isEqualTo(images.bytes());
      assertThat(model.sample(request.seed(5)).bytes()).isNotEqualTo(images.bytes());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "auto"})
  void anImageOfTheBundledModelIsTheSameAloneBitForBit(String precision) {
    SampleRequest request = SampleRequest.of(9).steps(3).seed(7).classes(3, 8).floats(true);
    try (Model model = bundled(precision, 0)) {
      float[] all = model.sample(request).values();
      for (int i : new int[] {3, 8}) {
        assertThat(model.sample(request.only(i)).values())
            .isEqualTo(Arrays.copyOfRange(all, i * 32 * 32, (i + 1) * 32 * 32));
      }
    }
  }

  @Test
  void acrossBlockSizesAtMostOneGreyLevelDiffersNearlyEverywhere() {
    SampleRequest request = SampleRequest.of(6).steps(20).seed(3).classes(0, 1, 2, 3, 4, 5);
    byte[] expected = null;
    for (int block : new int[] {1, 3, 8}) {
      try (Model model = bundled("fp32", block)) {
        byte[] bytes = model.sample(request).bytes();
        expected = expected == null ? bytes : expected;
        assertThat(further(bytes, expected))
            .as("block " + block)
            .isLessThanOrEqualTo(bytes.length / 1000);
      }
    }
  }

  /** Values that are more than one grey level apart. */
  private static int further(byte[] a, byte[] b) {
    int count = 0;
    for (int i = 0; i < a.length; i++) {
      count += Math.abs((a[i] & 0xFF) - (b[i] & 0xFF)) > 1 ? 1 : 0;
    }
    return count;
  }

  private static Model bundled(String precision, int block) {
    return Model.load(
        Home.model(Home.BUNDLED), ModelOptions.of().precision(precision).block(block));
  }

  /** A small U-Net with random weights. */
  private static Model model(String precision, int threads) {
    Network network = CONFIG.network().network();
    return Model.of(
        CONFIG,
        new EagerExecution(
            network, RandomWeights.of(network, 5), Precision.of(precision), BLOCK, threads));
  }
}
