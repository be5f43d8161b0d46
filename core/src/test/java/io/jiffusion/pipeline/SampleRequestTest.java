package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
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
    assertThat(SampleRequest.ofJson("{\"sampler\": \"k_euler_a\"}").sampler())
        .hasToString("euler-a");
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
        "sampler | ddimm | illegal sampler: ddimm, must be one of those that jiffusion samplers lists; the nearest is ddim",
        "sampler | '' | illegal sampler: '', must be a name such as ddim",
        "sampler | ddim:eat=1 | illegal option eat of sampler ddim:eat=1, must be one of sigma-hat, eta, eps; the nearest is eta",
        "spacing | karas | illegal spacing: karas, must be one of uniform, ",
        "spacing | karras:roh=7 | illegal option roh of spacing karras:roh=7, must be one of rho, start, end, keep-noise, repeat; the nearest is rho",
        "spacing | leading:ofset=1 | illegal option ofset of spacing leading:ofset=1, must be one of offset, keep-noise; the nearest is offset",
        "spacing | times:1,x | illegal spacing: times:1,x, must be numbers such as times:1,0.5,0.1,0",
        "guide | weak | illegal option '' of guide weak, must be at least model=…",
        "guide | classifier:scal=2 | illegal option scal of guide classifier:scal=2, must be one of scale, mean, unconditional; the nearest is scale",
        "threshold | dynamc | illegal threshold: dynamc, must be one of auto, none, static, dynamic; the nearest is dynamic",
        "threshold | static:limit=2 | illegal option limit of threshold static:limit=2, must be left out: static has none",
        "threshold | dynamic:quantile=2 | illegal quantile: 2.0, must be from 0 to 1",
        "edit | repaint:jump=0 | illegal jump: 0, must be 1 or more steps",
        "edit | image:strength=2 | illegal strength: 2.0, must be above 0 and at most 1",
        "edit | upscale:factor=0 | illegal factor: 0, must be 1 or more",
      })
  void aWrongWordIsToldWhereItIsSaid(String what, String word, String message) {
    SampleRequest request = SampleRequest.of(1);
    Map<String, UnaryOperator<SampleRequest>> ways =
        Map.of(
            "sampler", made -> made.sampler(word),
            "spacing", made -> made.spacing(word),
            "guide", made -> made.guide(word),
            "threshold", made -> made.threshold(word),
            "edit", made -> made.edit(word));
    assertThatThrownBy(() -> ways.get(what).apply(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "free:high=3,low=0.20",
        "weak:model=a b,rescale=0.7",
        "classifier:scale=2,mean",
      })
  void whatWasWrittenIsPrintedBack(String guide) {
    SampleRequest request =
        SampleRequest.of(1).classes(1).guide(guide).threshold("dynamic:limit=1.50");
    assertThat(request.guide()).hasToString(guide);
    assertThat(request.toJson())
        .contains("\"guide\":\"" + guide + "\",\"threshold\":\"dynamic:limit=1.50\"");
    assertThat(SampleRequest.ofJson(request.toJson())).isEqualTo(request);
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
        "{\"sampler\": \"dim\"} | illegal sampler: dim, must be one of those that jiffusion samplers lists; the nearest is ddim (line 1 of request)",
        "{\"spacing\": \"unifrom\"} | illegal spacing: unifrom, must be one of uniform, ",
        "{\"guide\": \"freee\"} | illegal guide: freee, must be one of free, weak, classifier; the nearest is free (line 1 of request)",
        "{\"guide\": 3} | illegal guide: 3, must be text; put it in quotes (line 1 of request)",
        "{\"steps\": 1 | request is not valid JSON at line 1, column 12",
        "7 | illegal configuration: 7, must be a group of keys: count, sampler, ",
      })
  void aWrongJsonIsToldByValueAndRule(String json, String message) {
    assertThatThrownBy(() -> SampleRequest.ofJson(json))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(message);
  }
}
