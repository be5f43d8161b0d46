package io.jiffusion.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What the program promises of streams, files, signals and the commands that it tells. */
@Timeout(300)
class StreamsTest {
  @TempDir static Path folder;

  @BeforeAll
  static void makeASmallModel() throws IOException, InterruptedException {
    Program.trainSmall(folder, "small");
    Files.writeString(folder.resolve("file"), "in the way");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sample --model small --steps 3 --count 2 --json",
        "schedule --model small --steps 3 --json",
        "inspect small --json",
      })
  void jsonIsAllThatGoesToStdout(String command) throws Exception {
    Program.Ended ended = Program.run(folder, Documents.words(command));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out().strip().lines()).hasSize(1);
    assertThat(JsonMapper.shared().readTree(ended.out()).isObject()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sample --model small --steps 2 --count 1 --out file/x | cannot make the folder file/x",
        "demo --model small --out file/x | cannot make the folder file/x",
        "train toy-scurve --steps 1 --out file/x | cannot write to file/x",
        "train-classifier --steps 1 --out file/x | cannot make the folder file/x",
      })
  void aFolderThatCannotBeMadeIsToldInASentence(String command, String message) throws Exception {
    Program.Ended ended = Program.run(folder, Documents.words(command));
    assertThat(ended.err().strip().lines().reduce("", (before, line) -> line)).contains(message);
    assertThat(ended.err()).doesNotContain("bug").doesNotContain("Exception");
    assertThat(ended.code()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"image-0001.png", "grid.png"})
  void theCommandThatShowPrintsMakesThePictureAgainAndShowNeedsNoNativeClass(String picture)
      throws Exception {
    String made = "made-" + picture;
    List<String> sample =
        Documents.words(
            "sample --model small --sampler ddim:eta=0.5 --steps 7 --spacing trailing --count 3"
                + " --seed 5 --class 3,1 --guidance 2 --threads 1 --out "
                + made);
    assertThat(Program.run(folder, sample).code()).isZero();
    Path classes = folder.resolve("classes-" + picture + ".txt");
    Program.Ended shown =
        Program.start(
                folder,
                List.of("-Xlog:class+load:file=" + classes),
                List.of("show", made + "/" + picture))
            .await();
    assertThat(shown.code()).as(shown.err()).isZero();
    assertThat(Files.readString(classes)).doesNotContain("org.bytedeco");
    List<String> again = new ArrayList<>(Documents.words(shown.lastLine()));
    again.addAll(List.of("--out", "again-" + picture, "--pictures", "both"));
    assertThat(Program.run(folder, again).code()).isZero();
    String name = picture.equals("grid.png") ? picture : "image-0000.png";
    assertThat(pixels(folder.resolve("again-" + picture).resolve(name)))
        .isEqualTo(pixels(folder.resolve(made).resolve(picture)));
  }

  @Test
  void aPictureOfGivenNoiseIsMadeAgainToo() throws Exception {
    float[] noise = new float[2 * 32 * 32];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) Math.sin(i);
    }
    io.jiffusion.data.Npy.of(noise, 2, 1, 32, 32).write(folder.resolve("noise.npy"));
    String sample =
        "sample --model small --steps 3 --count 2 --class 3,1 --noise noise.npy --out given";
    assertThat(Program.run(folder, Documents.words(sample)).code()).isZero();
    Program.Ended shown = Program.run(folder, "show", "given/image-0001.png");
    List<String> again = new ArrayList<>(Documents.words(shown.lastLine()));
    again.addAll(List.of("--out", "given-again"));
    Program.Ended ended = Program.run(folder, again);
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(pixels(folder.resolve("given-again/image-0001.png")))
        .isEqualTo(pixels(folder.resolve("given/image-0001.png")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theCommandToldAfterCtrlCGoesOnWithTheRunsOwnSettings() throws Exception {
    Program training =
        Program.start(
            folder,
            List.of(),
            Documents.words(
                "train toy-scurve --out stopped --every 1 --set train.batch=16 --steps 1000000"));
    training.awaitOnStderr("3/1000000 steps");
    training.interrupt();
    Program.Ended stopped = training.await();
    assertThat(stopped.code()).as(stopped.err()).isEqualTo(130);
    int made = Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size();
    List<String> goOn = new ArrayList<>(stopped.commandAfter("stopped and saved after " + made));
    goOn.addAll(List.of("--steps", String.valueOf(made + 2)));
    Program.Ended ended = Program.run(folder, goOn);
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).contains(made + 2 + " steps made; the model is in stopped");
    assertThat(Files.readAllLines(folder.resolve("stopped/metrics.jsonl"))).hasSize(made + 2);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aSecondCtrlCEndsAProgramThatHangs() throws Exception {
    // Nobody reads what it prints, which is more than a pipe holds.
    Process hanging =
        new ProcessBuilder(
                Program.command(
                    List.of(),
                    List.of("schedule", "--model", "mnist", "--sampler", "ddpm", "--json")))
            .start();
    while (hanging.isAlive() && hanging.getInputStream().available() < 10_000) {
      Thread.sleep(50);
    }
    Program.interrupt(hanging);
    assertThat(hanging.waitFor(1, TimeUnit.SECONDS)).isFalse();
    Program.interrupt(hanging);
    assertThat(hanging.waitFor(100, TimeUnit.SECONDS)).isTrue();
    assertThat(hanging.exitValue()).isEqualTo(130);
  }

  private static int[] pixels(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @Test
  void aHeapThatIsTooSmallIsSaid() throws Exception {
    Program.Ended small =
        Program.start(
                folder,
                List.of("-Xmx32m"),
                List.of(
                    "schedule", "--model", "cifar10", "--spacing", "time", "--steps", "9000000"))
            .await();
    assertThat(small.code()).isEqualTo(1);
    assertThat(small.err()).contains("does not suffice").contains("-Xmx").hasLineCount(1);
  }
}
