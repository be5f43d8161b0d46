package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.evaluate.Reconstruction;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditTest {
  private static final RunConfig CONFIG =
      RunConfig.of(
          "mnist", List.of("network.unet.height=8", "network.unet.width=8", "process.clip=false"));

  private final Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
  private final float[] picture = new float[64];
  private final float[] upper = new float[64];

  EditTest() {
    for (int i = 0; i < 64; i++) {
      picture[i] = (float) Math.sin(i);
      upper[i] = i < 32 ? 1 : 0;
    }
  }

  @AfterEach
  void close() {
    model.close();
  }

  private SampleRequest request(String edit) {
    return SampleRequest.of(5).edit(edit).image(picture).steps(9).seed(3).floats(true);
  }

  private SampleResult sample(SampleRequest request) {
    return model.sample(request, progress -> {}, new Cancellation());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"inpaint ddim", "repaint:jump=2,times=3 ddpm"})
  void knownPixelsAreThePicturesAndTheOthersAreMade(String edit, String sampler) {
    float[] values = sample(request(edit).sampler(sampler).mask(upper)).images().values();
    for (int image = 0; image < 5; image++) {
      assertThat(Arrays.copyOfRange(values, image * 64, image * 64 + 32))
          .isEqualTo(Arrays.copyOf(picture, 32));
    }
    assertThat(Arrays.copyOfRange(values, 32, 64))
        .isNotEqualTo(Arrays.copyOfRange(values, 96, 128))
        .isNotEqualTo(Arrays.copyOfRange(picture, 32, 64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "inpaint 9 9", // steps and evaluations
        "repaint:jump=2,times=3 9 25",
        "repaint:jump=3,times=2 9 15", // 2 steps once, two pieces of 3 twice, the last step
        "image:strength=0.5 10 6", // from t = 0.5 on: then 0.401
        "image:strength=1 10 10",
        "image:strength=0.401 10 5",
        "upscale:factor=2 9 9",
      })
  void thePlanTellsTheEvaluations(String edit, int steps, int evaluations) {
    SampleRequest request = request(edit).steps(steps).trajectory(true);
    if (edit.contains("paint")) {
      request = request.mask(upper);
    }
    assertThat(SamplePlan.of(CONFIG.process(), request).evaluations()).isEqualTo(evaluations);
    SampleResult result = sample(request);
    assertThat(result.evaluations()).isEqualTo(evaluations);
    assertThat(result.trajectory()).hasSize(evaluations + 1);
    assertThat(result.trajectory().get(evaluations).values()).isEqualTo(result.images().values());
  }

  @Test
  void aBudgetCountsTheRepetitions() {
    SampleRequest request = request("repaint:jump=2,times=3").mask(upper).evaluations(20);
    assertThat(sample(request).evaluations()).isEqualTo(20); // 1 + 6 + 6 + 6 + 1
    assertThat(sample(request.evaluations(18)).evaluations()).isEqualTo(14);
  }

  @ParameterizedTest
  @CsvSource({"repaint:jump=2;times=3", "inpaint", "image:strength=0.5", "upscale:factor=4"})
  void anImageIsTheSameAloneAndInAnyBatch(String edit) {
    SampleRequest request = request(edit.replace(';', ',')).sampler("ddpm");
    if (edit.contains("paint")) {
      request = request.mask(upper);
    }
    float[] all = sample(request).images().values();
    assertThat(sample(request.batch(1)).images().values()).isEqualTo(all);
    assertThat(sample(request.only(3)).images().values())
        .isEqualTo(Arrays.copyOfRange(all, 192, 256));
  }

  @Test
  void lessStrengthKeepsMoreOfThePicture() {
    double before = 0;
    for (String strength : List.of("0.15", "0.35", "0.6", "0.95")) {
      float[] values = sample(request("image:strength=" + strength)).images().values();
      double distance = 0;
      for (int i = 0; i < values.length; i++) {
        distance += Math.pow(values[i] - picture[i % 64], 2);
      }
      assertThat(distance).isGreaterThan(before);
      before = distance;
    }
  }

  @Test
  void aSmallPictureIsTheMeansOfWhatIsMade() {
    float[] small = {0.1f, -0.5f, 0.3f, 0.9f};
    SampleRequest request = SampleRequest.of(2).edit("upscale:factor=4").image(small).floats(true);
    float[] values = sample(request).images().values();
    for (int block = 0; block < 4; block++) {
      double mean = 0;
      for (int i = 0; i < 16; i++) {
        mean += values[64 + (block / 2 * 4 + i / 4) * 8 + block % 2 * 4 + i % 4] / 16;
      }
      assertThat(mean).isCloseTo(small[block], within(1e-5));
    }
    Images known = model.known(request);
    assertThat(known.bytes()[0]).isEqualTo(Images.toByte(0.1f));
    assertThat(known.bytes()[63]).isEqualTo(Images.toByte(0.9f));
  }

  @Test
  void colouringKeepsTheGrey() {
    RunConfig config =
        RunConfig.of(
            "cifar10",
            List.of("network.unet.height=8", "network.unet.width=8", "network.unet.attention=[]"));
    try (Model colours = Model.of(config, new GaussianExecution(config, 1))) {
      float[] grey = new float[192];
      for (int i = 0; i < 192; i++) {
        grey[i] = picture[i % 64] / 2;
      }
      float[] values =
          colours.sample(SampleRequest.of(1).edit("colour").image(grey).floats(true)).values();
      for (int i = 0; i < 64; i++) {
        assertThat((values[i] + values[64 + i] + values[128 + i]) / 3)
            .isCloseTo(grey[i], within(1e-5f));
      }
      assertThat(values[0]).isNotCloseTo(values[64], within(1e-3f));
    }
  }

  @Test
  void whatIsNotKnownIsGrey() {
    Images known = model.known(request("inpaint").mask(upper));
    assertThat(known.bytes()[5]).isEqualTo(Images.toByte(picture[5]));
    assertThat(known.bytes()[40]).isEqualTo((byte) 128);
  }

  @Test
  void encodedImagesComeBackTheBetterTheMoreStepsThereAre() {
    Images originals = sample(SampleRequest.of(3).steps(5)).images();
    List<Reconstruction.Row> rows =
        new Reconstruction(List.of(10, 20, 50), SampleRequest.of(3))
            .run(model, originals, progress -> {}, new Cancellation());
    assertThat(rows).extracting(Reconstruction.Row::evaluations).containsExactly(10L, 20L, 50L);
    assertThat(rows.get(1).error()).isLessThan(rows.get(0).error());
    assertThat(rows.get(2).error()).isLessThan(rows.get(1).error()).isLessThan(1e-3);
    assertThat(Reconstruction.json(rows)).startsWith("[{\"budget\":10,\"evaluations\":10,");
  }

  @Test
  void thePathBetweenTwoNoisesBeginsAndEndsWithThem() {
    SampleRequest one = SampleRequest.of(1).floats(true);
    float[] from = model.noise(one.seed(1));
    float[] to = model.noise(one.seed(2));
    float[] all = model.sample(SampleRequest.of(4).floats(true).between(from, to)).values();
    assertThat(Arrays.copyOf(all, 64))
        .containsExactly(
            model.sample(one.seed(1)).values(), within(1e-5f)); // noise goes through floats
    assertThat(Arrays.copyOfRange(all, 192, 256))
        .containsExactly(model.sample(one.seed(2)).values(), within(1e-5f));
    assertThatThrownBy(() -> SampleRequest.of(4).between(from, new float[1]))
        .hasMessage("illegal noise: 1 values, must be 64, as many as those on the other side");
  }

  @Test
  void whatAddsNoiseDoesNotEncode() {
    assertThatThrownBy(() -> encode(SampleRequest.of(1).sampler("ddpm"), picture))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal sampler: ddpm, must be deterministic to encode images, such as ddim: it adds"
                + " noise");
    assertThatThrownBy(() -> encode(SampleRequest.of(2), picture))
        .hasMessage("illegal images: 64 values, must be 128: 2 images of [1, 8, 8]");
    assertThatThrownBy(() -> encode(SampleRequest.of(1).edit("colour"), picture))
        .hasMessage("illegal edit: colour, must be none where images are encoded");
  }

  private float[] encode(SampleRequest request, float[] images) {
    return model.encode(request, images, progress -> {}, new Cancellation());
  }

  @Test
  void anEditThatDoesNotFitIsRefused() {
    SampleRequest plain = SampleRequest.of(5).steps(9);
    refused(
        plain.image(picture),
        "illegal edit: none, must say what to make of the picture: one of inpaint, repaint, image,"
            + " colour, upscale");
    refused(plain.edit("colour"), "illegal edit: colour, must come with a picture; give one");
    refused(
        request("inpaint"),
        "illegal edit: inpaint, must have a mask of the known pixels; give one");
    refused(
        request("colour").mask(upper),
        "illegal edit: colour, must be inpaint or repaint to have a mask; leave the mask out");
    refused(
        request("inpaint").mask(new float[3]),
        "illegal mask: 3 values, must be 8x8 as the model's images");
    refused(
        plain.edit("colour").image(new float[3]),
        "illegal images: 15 values, must be 320: 5 images of [1, 8, 8]");
    refused(
        request("upscale:factor=3"),
        "illegal factor: 3, must divide the images' height 8 and width 8");
    refused(
        request("repaint").mask(upper),
        "illegal edit: repaint, must have a smaller jump or fewer times, or be given more"
            + " evaluations: in these 9 steps nothing is repeated");
    assertThatThrownBy(() -> sample(request("inpant")))
        .hasMessageEndingWith("the nearest is inpaint");
  }

  private void refused(SampleRequest request, String message) {
    assertThatThrownBy(() -> sample(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
