package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Images;
import io.jiffusion.data.Npz;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.SampleRequest;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line and the library make the same pixels of the same words. */
@Timeout(300)
class SameWordsTest {
  private static final Path NARROW =
      Path.of("../core/src/test/resources/diffusers-unet2d/ddpm-cifar10-narrow");

  private static final ModelOptions SMALL = ModelOptions.of().block(2);

  @TempDir static Path folder;

  /** A model of two classes with names, and one of diffusers with a scheduler of its own. */
  @BeforeAll
  static void makeModels() throws IOException {
    for (String pet : List.of("cat", "dog")) {
      Path pictures = Files.createDirectories(folder.resolve("pets").resolve(pet));
      for (int i = 0; i < 2; i++) {
        BufferedImage picture = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(i, i, 0xFFFFFF);
        ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
      }
    }
    // at a rate that makes a network say something in eight steps
    run(
        "train folder --data FOLDER/pets --batch 2 --steps 8 --out FOLDER/trained"
            + " --set process.steps=26 --set network.unet.channels=8"
            + " --set network.unet.multipliers=[1,2] --set network.unet.attention=[]"
            + " --set network.unet.middleAttention=false --set network.unet.groups=4"
            + " --set train.lr=0.05 --set train.warmup=0 --set train.ema=0");
    Path imported = Files.createDirectories(folder.resolve("imported"));
    for (String file : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      Files.copy(NARROW.resolve(file), imported.resolve(file));
    }
    String scheduler = Files.readString(NARROW.resolve("scheduler_config.json"));
    Files.writeString(
        imported.resolve("scheduler_config.json"),
        scheduler.replace("DDPMScheduler", "EulerAncestralDiscreteScheduler"));
  }

  private static Stream<Arguments> words() {
    return Stream.of(
        same("trained", "", "ddim 0 26 auto", request -> request),
        same("trained", "--steps 5", "dpmpp-2m-sde 5 0 auto", request -> request.steps(5)),
        same("trained", "--steps 25", "ddim 25 0 auto", request -> request.steps(25)),
        same("trained", "--evaluations 7", "dpmpp-2m-sde 0 7 auto", r -> r.evaluations(7)),
        same("trained", "--sampler ddpm", "ddpm 26 0 auto", r -> r.sampler("ddpm")),
        same(
            "trained",
            "--sampler rk45:rtol=0.9,atol=9",
            "rk45:rtol=0.9,atol=9 2 0 auto",
            r -> r.sampler("rk45:rtol=0.9,atol=9")),
        same(
            "trained",
            "--sampler k_dpmpp_2m_k --steps 4",
            "dpmpp-2m 4 0 karras",
            r -> r.sampler("k_dpmpp_2m_k").steps(4)),
        same(
            "trained",
            "--eta 1 --steps 3 --seed 9",
            "ddim:eta=1.0 3 0 auto",
            r -> r.sampler("ddim:eta=1.0").steps(3).seed(9)),
        same("imported", "", "euler-a 50 0 leading", request -> request),
        same("imported", "--steps 3", "euler-a 3 0 leading", request -> request.steps(3)),
        same(
            "imported",
            "--sampler ddim --evaluations 3",
            "ddim 0 3 auto",
            r -> r.sampler("ddim").evaluations(3)));
  }

  private static Arguments same(
      String model, String words, String meaning, Function<SampleRequest, SampleRequest> lines) {
    return Arguments.of(model, words, meaning, lines);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("words")
  void theSameWordsMakeTheSamePixels(
      String name, String words, String meaning, Function<SampleRequest, SampleRequest> lines) {
    try (Model model = Model.load(folder.resolve(name), SMALL)) {
      SampleRequest request = lines.apply(model.request(2));
      SampleRequest meant = model.resolve(request);
      assertThat(
              String.join(
                  " ",
                  meant.sampler().text(),
                  "" + meant.steps(),
                  "" + meant.evaluations(),
                  meant.spacing()))
          .isEqualTo(meaning);
      ByteBuffer pixels = ByteBuffer.wrap(model.sample(request).bytes());
      assertThat(pixels).isEqualTo(command(name, "-n 2 " + words));
      ByteBuffer others = ByteBuffer.wrap(model.sample(SampleRequest.of(2).steps(2)).bytes());
      assertThat(pixels).as("another request shows").isNotEqualTo(others);
    }
  }

  @ParameterizedTest
  @MethodSource("classes")
  void aClassIsDrawnByItsNameOrItsNumber(String words, List<String> classes) {
    try (Model model = Model.load(folder.resolve("trained"), SMALL)) {
      Images images =
          model.sample(model.request(3, classes.toArray(String[]::new)).steps(2).guidance(2));
      assertThat(ByteBuffer.wrap(images.bytes()))
          .isEqualTo(command("trained", "-n 3 --steps 2 --guidance 2 " + words));
    }
  }

  private static Stream<Arguments> classes() {
    return Stream.of(
        Arguments.of("--class dog", List.of("dog")),
        Arguments.of("--class 1", List.of("dog")),
        Arguments.of("--class cat,dog", List.of("0", "1")));
  }

  private static ByteBuffer command(String model, String words) {
    String name = "out-" + model + words.replaceAll("[^a-z0-9]", "");
    run("sample -m FOLDER/" + model + " --block 2 --format npz -o FOLDER/" + name + " " + words);
    return Npz.read(folder.resolve(name).resolve("images.npz")).get("arr_0").data();
  }

  private static void run(String command) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Main main =
        new Main(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    int code = main.run(command.replace("FOLDER", folder.toString()).strip().split(" "));
    assertThat(code).as(command + ": " + err.toString(StandardCharsets.UTF_8)).isZero();
  }
}
