package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        "evaluate --classifier nowhere | 1 | no classifier in nowhere: it has no weights.safetensors",
        "evaluate --images nowhere.npz | 1 | cannot read nowhere.npz: there is no such file or folder",
        "train-classifier --data nowhere | 1 | no file train-images-idx3-ubyte",
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
    assertThat(main.run("evaluate", "--images", file.toString())).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("illegal images: -0.5", "must be bytes, whole numbers from 0 to 255");
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
  void trainingTheClassifierHasHelp() {
    assertThat(main.run("train-classifier", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: jiffusion train-classifier");
  }
}
