package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SampleRequestTest {

  @Test
  void itsJsonReadsBackTheSame() {
    SampleRequest request =
        SampleRequest.of(16)
            .sampler("ddim:eta=0.5")
            .steps(20)
            .spacing("quadratic")
            .seed(-7)
            .classes(3, 4)
            .guidance(2.5)
            .batch(8)
            .floats(true)
            .trajectory(true);
    assertThat(SampleRequest.ofJson(request.toJson())).isEqualTo(request);
    assertThat(request.toJson())
        .isEqualTo(
            "{\"count\":16,\"sampler\":\"ddim:eta=0.5\",\"steps\":20,\"evaluations\":0,\"spacing\":\"quadratic\","
                + "\"seed\":-7,\"classes\":[3,4],\"guidance\":2.5,\"guide\":\"free\",\"threshold\":\"auto\",\"edit\":\"none\",\"batch\":8,\"floats\":true,\"trajectory\":true}");
  }

  @Test
  void aSamplerOfAnotherProgramBecomesOursAndSaysTheTimes() {
    SampleRequest request = SampleRequest.of(1).sampler("DPM++ 2M Karras");
    assertThat(request).isEqualTo(SampleRequest.of(1).sampler("dpmpp-2m").spacing("karras"));
    assertThat(SampleRequest.of(1).spacing("logsnr").sampler("DPM++ 2M Karras").spacing())
        .isEqualTo("logsnr");
    assertThat(SampleRequest.ofJson("{\"sampler\": \"k_euler_a\"}").sampler()).isEqualTo("euler-a");
  }

  @Test
  void keysLeftOutOfTheJsonHaveTheUsualValues() {
    assertThat(SampleRequest.ofJson("{\"seed\": 5}")).isEqualTo(SampleRequest.of(1).seed(5));
  }

  @Test
  void anImageOfManyCanBeAskedForAlone() {
    SampleRequest request =
        SampleRequest.of(3).seed(10).classes(7, 8).noise(new float[] {1, 2, 3, 4, 5, 6});
    SampleRequest only = request.only(2);
    assertThat(only.noise()).containsExactly(5, 6);
    assertThat(only.noise(null)).isEqualTo(SampleRequest.of(1).seed(12).classes(7));
  }

  @Test
  void givenNumbersAreReadFromJson() {
    SampleRequest request = SampleRequest.ofJson("{\"noise\": [1, 2.5], \"mask\": [0]}");
    assertThat(request.noise()).containsExactly(1, 2.5f);
    assertThat(request.mask()).containsExactly(0);
    assertThatThrownBy(() -> SampleRequest.ofJson("{\"noise\": [1, \"x\"]}"))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("illegal noise: x, must be a number (line 1 of request)");
  }

  @ParameterizedTest
  @ValueSource(ints = {2_200_000, 1_000_000_000, Integer.MAX_VALUE})
  void moreImagesThanArraysOrMemoryHoldAreRefusedByTheLargestNumber(int count) {
    RunConfig config = RunConfig.of("mnist", List.of());
    SampleRequest request = SampleRequest.of(count).steps(2).classes(1).floats(true);
    try (Model model = Model.of(config, new GaussianExecution(config, 4))) {
      List<ThrowingCallable> calls =
          List.of(
              () -> model.sample(request),
              () -> model.sample(request.trajectory(true)),
              () -> model.sample(request.batch(Integer.MAX_VALUE)),
              () -> model.noise(request),
              () -> model.encode(request, new float[1024], step -> {}, new Cancellation()));
      for (ThrowingCallable call : calls) {
        assertThatThrownBy(call)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching(
                "illegal count: "
                    + count
                    + ", must be at most [1-9]\\d* at once for images of .* in the \\d+ MB that Java"
                    + " has; make them in parts, as sample --format npz does, or give Java more by"
                    + " -Xmx");
      }
      assertThat(model.sample(request.part(count - 2, 2)).count()).isEqualTo(2);
      assertThat(model.sample(SampleRequest.of(1).steps(2).batch(Integer.MAX_VALUE)).count())
          .isEqualTo(1);
    }
    float[] picture = new float[1024];
    assertThatThrownBy(() -> request.image(picture))
        .hasMessageContaining("illegal count: " + count + ", must be at most ")
        .hasMessageContaining(" at once for images of 1024 values");
    assertThatThrownBy(() -> request.between(picture, picture))
        .hasMessageContaining("illegal count: " + count + ", must be at most ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"steps\": -1} | illegal steps: -1, must be 1 or more, or 0 where they are left open (line 1 of request)",
        "{\"count\": 0} | illegal count: 0, must be 1 or more (line 1 of request)",
        "{\"steps\": \"ten\"} | illegal steps: ten, must be a whole number (line 1 of request)",
        "{\"step\": 10} | unknown key step (line 1 of request), did you mean steps?",
        "{\"guidance\": 2} | illegal guidance: 2.0, must be 1 (none) where no class is given (line 1 of request)",
        "{\"classes\": [-1]} | illegal classes: -1, must be 0 or more (line 1 of request)",
        "{\"classes\": [1.5]} | illegal classes: 1.5, must be a whole number (line 1 of request)",
        "{\"steps\": 1 | request is not valid JSON at line 1, column 12",
        "7 | illegal configuration: 7, must be a group of keys: count, sampler, ",
      })
  void aWrongJsonIsToldByValueAndRule(String json, String message) {
    assertThatThrownBy(() -> SampleRequest.ofJson(json))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(message);
  }
}
