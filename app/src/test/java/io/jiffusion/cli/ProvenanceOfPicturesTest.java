package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Images;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.Provenance;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every picture that any command writes tells how to make it again. */
@Timeout(300)
class ProvenanceOfPicturesTest {
  private static final String SMALL =
      " --set process.steps=20 --set network.unet.channels=8 --set network.unet.multipliers=[1,2]"
          + " --set network.unet.attention=[] --set train.previewEvery=1";

  @TempDir static Path folder;

  @BeforeAll
  static void makeModelsAndFiles() {
    run("train mnist --batch 2 --steps 2 --out FOLDER/small" + SMALL);
    run(
        "train toy-scurve --batch 2 --steps 2 --set train.previewEvery=1 --set process.steps=20 --out FOLDER/points");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "small | 2",
        "points | 2",
        "demo -m FOLDER/small -o FOLDER/OUT | 1",
        "sample -m FOLDER/small -n 2 -s 2 --trajectory -o FOLDER/OUT | 4",
        "sample -m FOLDER/points -n 9 -s 2 -o FOLDER/OUT | 1",
        "edit -m FOLDER/small --digit 0 --how image -n 2 -s 2 -o FOLDER/OUT | 3",
        "compare -m FOLDER/small -n 1 --budgets 2 3 --reference 6 --samplers ddim -o FOLDER/OUT | 2",
        "interpolate -m FOLDER/small -n 3 --evaluations 2 -o FOLDER/OUT | 1",
        "reconstruct -m FOLDER/small -n 2 --budgets 2 -o FOLDER/OUT | 1",
        "toy FOLDER/points --points 9 -o FOLDER/OUT/toy.png | 1",
        "likelihood FOLDER/small -n 1 -s 2 --method bound --plot FOLDER/OUT/terms.png | 1",
      })
  void everyPictureTellsItsCommandVersionAndModel(String command, int pictures) throws IOException {
    boolean made = !command.contains(" ");
    String name = made ? command : command.replaceAll("[^a-z]", "");
    Path out = Files.createDirectories(folder.resolve(name));
    if (!made) {
      run(command.replace("OUT", name));
    }
    String verb = made ? "" : command.substring(0, command.indexOf(' '));
    List<Path> files;
    try (Stream<Path> all = Files.walk(out)) {
      files = all.filter(file -> file.toString().endsWith(".png")).toList();
    }
    assertThat(files).hasSizeGreaterThanOrEqualTo(pictures);
    for (Path file : files) {
      Map<String, String> texts = Png.texts(file);
      assertThat(texts.get("Software")).as(file.toString()).startsWith("Jiffusion ");
      assertThat(texts.get(Provenance.REQUEST))
          .contains("\"version\":\"")
          .contains("\"model\":\"" + folder)
          .containsPattern("\"sha256\":\"[0-9a-f]{64}\"");
      String[] shown = run("show " + file).split(System.lineSeparator());
      assertThat(shown).hasSize(2);
      assertThat(shown[1]).matches("jiffusion " + (made ? "(train|sample)" : verb) + " .*");
    }
  }

  @Test
  void theDecodedPictureTellsItsCommand() throws IOException {
    String vae = "../core/src/test/resources/autoencoders/kl-quant";
    Path picture = folder.resolve("decoded.png");
    run("decode " + vae + " --z " + vae + "/io.safetensors:z --out " + picture);
    assertThat(Png.texts(picture).get(Provenance.REQUEST)).contains("\"model\":\"" + vae);
    assertThat(run("show " + picture)).contains("jiffusion decode " + vae + " --z ");
  }

  @Test
  void previewsComeAsOftenAsAsked() {
    assertThat(folder.resolve("small/previews/step-0000001.png")).exists();
    assertThat(folder.resolve("small/previews/step-0000002.png")).exists();
  }

  @Test
  void aDryRunOfSampleTellsWhatWouldBeMadeAndMakesNothing() {
    assertThat(
            run(
                "sample -m FOLDER/small -n 5 -s 4 --sampler ddim -c 1 --guidance 2 --format npz"
                    + " --dry-run -o FOLDER/none"))
        .contains("5 images of 32x32, 1 channels, by ddim (uniform spacing) in 4 steps")
        .contains("evaluations: 4 an image, 40 passes through the network in all")
        .contains("results: npz in " + folder.resolve("none"));
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void aFileOfNoiseDecidesTheCount() {
    String file = folder.resolve("noise.npy").toString();
    Npy.of(new float[2 * 1024], 2, 1, 32, 32).write(Path.of(file));
    String sample = "sample -m FOLDER/small -s 2 --pictures single -o FOLDER/noise --noise " + file;
    assertThat(run(sample)).startsWith("2 images of ");
    assertThat(run(sample + " --count 2")).startsWith("2 images of ");
    assertThat(refused(sample + " --count 3"))
        .startsWith(
            "illegal --count 3 with --noise " + file + ", which holds the noise of 2 images");
  }

  @Test
  void noiseAndDrawsOfAnotherShapeAreRefused() {
    String file = folder.resolve("wide.npy").toString();
    Npy.of(new float[3 * 512], 3, 1, 16, 32).write(Path.of(file));
    String sample = "sample -m FOLDER/small -s 2 -n 2 -o FOLDER/shapes";
    assertThat(refused(sample + " --noise " + file))
        .startsWith(
            "illegal --noise " + file + ": [3, 1, 16, 32], must be [N, 1, 32, 32] for this model");
    assertThat(refused(sample + " --draws " + file))
        .startsWith("illegal --draws " + file + ": [3, 1, 16, 32], must be [draws, 2, C, H, W]");
    assertThat(folder.resolve("shapes")).doesNotExist();
  }

  private static String refused(String command) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Main main = new Main(System.out, new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(main.run(command.replace("FOLDER", folder.toString()).split(" ")))
        .isEqualTo(Main.USAGE);
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aGridIsEnlargedWithGapsAndNumbers() {
    byte[] bytes = new byte[4 * 4];
    Arrays.fill(bytes, (byte) 255);
    Images images = new Images(4, 2, 2, 1, bytes);
    BufferedImage grid = Grid.of(images, 2, List.of("7:3", "8:3", "-1:3", "10:3"));
    assertThat(grid.getWidth()).isEqualTo(2 * 96 + 3 * Grid.GAP);
    assertThat(grid.getHeight()).isGreaterThan(grid.getWidth());
    assertThat(grid.getRGB(Grid.GAP, Grid.GAP)).isEqualTo(0xFFFFFFFF);
    assertThat(grid.getRGB(Grid.GAP + 95, Grid.GAP + 95)).isEqualTo(0xFFFFFFFF);
    assertThat(grid.getRGB(Grid.GAP + 96, Grid.GAP)).isNotEqualTo(0xFFFFFFFF);
    Images many = new Images(2500, 32, 32, 1, new byte[2500 * 1024]);
    assertThat(Grid.of(many, 50, List.of()).getWidth()).isLessThanOrEqualTo(2048);
  }

  private static String run(String command) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Main main =
        new Main(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    int code = main.run(command.replace("FOLDER", folder.toString()).split(" "));
    assertThat(code).as(command + ": " + err.toString(StandardCharsets.UTF_8)).isZero();
    return out.toString(StandardCharsets.UTF_8);
  }
}
