package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluateCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Main main =
      new Main(
          new PrintStream(out, true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "evaluate --count 0 | 2 | illegal count: 0, must be 1 or more",
        "evaluate --guidance strong | 2 | Invalid value for option '--guidance'",
        "evaluate --measures fad | 2 | illegal measures: fad, must be one of frechet, ",
        "evaluate --features nowhere | 1 | no network of features at nowhere: there is no such file or folder",
        "evaluate --images nowhere.npz --features bundled | 2 | illegal images: nowhere.npz, must be a file, a folder or a data set",
        "evaluate --images mnist --features bundled | 2 | illegal --against: none, must name the images or statistics",
        "evaluate --images mnist --against mnist:test | 2 | illegal --features: none, must be a network to compare images by",
        "evaluate --against cifar10 | 2 | illegal images: cifar10, must name the folder of its files: cifar10=DIR",
        "evaluate --layer 64 | 2 | illegal --layer or --preparation: 64, must be left out for a classifier",
        "statistics mnist --features bundled --out s.txt | 2 | illegal --out s.txt, must end in .npz",
        "statistics mnist --out s.npz | 2 | illegal --features: none",
        "train-classifier --data nowhere | 2 | illegal images: nowhere, must be a file, a folder or a data set",
        "train-classifier --data mnist=nowhere | 1 | no file train-images-idx3-ubyte",
      })
  void aMistakeIsToldWithItsExitCode(String arguments, int code, String message) {
    assertThat(main.run(arguments.split(" "))).isEqualTo(code);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message).doesNotContain("bug");
    assertThat(out.size()).isZero();
  }

  @Test
  void floatsAreNotTakenForBytes(@TempDir Path folder) {
    Npy images = Npy.of(new float[32 * 32], 1, 32, 32, 1);
    images.data().putFloat(0, -0.5f);
    Path file = folder.resolve("floats.npz");
    Npz.write(file, Map.of("arr_0", images));
    assertThat(run("evaluate --images %s --against mnist:test --features bundled", file)).isOne();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("must be bytes");
  }

  private static Path noise(Path file, int images) {
    byte[] bytes = new byte[images * 32 * 32];
    new Random(3).nextBytes(bytes);
    Npz.write(file, Map.of("arr_0", Npy.of(bytes, images, 32, 32, 1)));
    return file;
  }

  private int run(String arguments, Object... places) {
    return main.run(String.format(arguments, places).split(" "));
  }

  @Test
  void imagesAreJudgedAndWhatIsDoneIsNotDoneAgain(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("out");
    Path images = noise(folder.resolve("images.npz"), 60);
    String command =
        "evaluate --images %s --against mnist:test --features bundled --measures"
            + " frechet,kid,accuracy --out %s";
    assertThat(run(command, images, out)).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("10000/10000 images", "60/60 images");
    String table = this.out.toString(StandardCharsets.UTF_8);
    assertThat(table)
        .contains("Frechet distance (features of mnist-classifier, sha 53c174ba)")
        .contains("against mnist, test, 10000 images")
        .containsPattern("images.npz +60 +\\d+\\.\\d+ \\+- ");
    err.reset();
    this.out.reset();
    assertThat(run(command + " --json", images, out)).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("0 images");
    JsonNode json = JsonMapper.shared().readTree(this.out.toString(StandardCharsets.UTF_8));
    JsonNode frechet = json.get("rows").get(0).get("measurements").get(0);
    assertThat(frechet.get("value").asDouble()).isGreaterThan(frechet.get("real").asDouble());
    assertThat(json.get("provenance").get("command").asString())
        .startsWith("jiffusion evaluate --images ");
    assertThat(JsonMapper.shared().readTree(Files.readString(out.resolve("report.json"))))
        .isEqualTo(json);
  }

  @Test
  void statisticsStandForImages(@TempDir Path folder) throws IOException {
    Path images = noise(folder.resolve("images.npz"), 40);
    for (String ending : new String[] {"npz", "safetensors"}) {
      Path file = folder.resolve("statistics." + ending);
      assertThat(run("statistics %s --features bundled --out %s", images, file))
          .as(err.toString(StandardCharsets.UTF_8))
          .isZero();
      out.reset();
      assertThat(
              run(
                  "evaluate --images %s --against %s --features bundled --json --out %s",
                  images, file, folder.resolve("out")))
          .as(err.toString(StandardCharsets.UTF_8))
          .isZero();
      JsonNode json = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
      JsonNode measurements = json.get("rows").get(0).get("measurements");
      assertThat(measurements).hasSize(3);
      assertThat(measurements.get(0).get("measure").asString()).isEqualTo("frechet");
      assertThat(measurements.get(0).get("value").asDouble()).isLessThan(1e-6);
    }
    assertThat(run("statistics mnist --features %s --out s.npz", images)).isOne();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("images.npz");
  }

  @Test
  void aMaskCountsByItsLuminanceAndMustLeaveAHole(@TempDir Path folder) throws IOException {
    BufferedImage mask = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 1024; i++) {
      mask.setRGB(i % 32, i / 32, i % 32 < 12 && i / 32 < 12 ? 0xFF0000 : 0xFFFFFF);
    }
    Path file = folder.resolve("mask.png");
    ImageIO.write(mask, "png", file.toFile());
    String edit = "edit --digit 0 --evaluations 2 --count 1 --mask " + file + " --out " + folder;
    assertThat(main.run(edit.split(" "))).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("144 pixels to be made");
    for (int i = 0; i < 1024; i++) {
      mask.setRGB(i % 32, i / 32, 0xFFFFFF);
    }
    ImageIO.write(mask, "png", file.toFile());
    assertThat(main.run(edit.split(" "))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("leaves no pixel to be made");
  }

  @Test
  void aClassifierOfPicturesInSubFoldersJudgesThem(@TempDir Path folder) throws IOException {
    for (int i = 0; i < 40; i++) {
      boolean dark = i % 2 == 0;
      BufferedImage picture = new BufferedImage(20, 16, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 320; p++) {
        int level = dark ? 40 + p % 7 * 5 : 180 + p % 11 * 4;
        picture.setRGB(p % 20, p / 20, level << 16 | i << 8 | level);
      }
      Path file = folder.resolve(dark ? "pictures/dark" : "pictures/light").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      ImageIO.write(picture, "png", file.toFile());
    }
    Path pictures = folder.resolve("pictures");
    Path classifier = folder.resolve("classifier");
    assertThat(
            run("train-classifier --data %s --size 16 --steps 30 --out %s", pictures, classifier))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("of the 4 test images recognised");
    out.reset();
    assertThat(
            run(
                "evaluate --images %s --against %s --resize 16 --features %s --out %s",
                pictures, pictures, classifier, folder.resolve("out")))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("features of classifier, sha ")
        .containsPattern("right \\(%\\) of +dark +light");
    assertThat(run("train-classifier --data %s --out %s", pictures.resolve("dark"), classifier))
        .isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("with 0 classes, must have 2 or more: sub-folders are classes");
  }

  @Test
  void trainingTheClassifierHasHelp() {
    assertThat(main.run("train-classifier", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: jiffusion train-classifier");
  }
}
