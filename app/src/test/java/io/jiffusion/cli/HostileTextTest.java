package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.base.Progress;
import io.jiffusion.config.Home;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file says reaches the terminal as letters, never as a command to it. */
class HostileTextTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
  private final Main main = new Main(stream, stream);

  @Test
  void theCommandHiddenInAPictureIsSeen() throws Exception {
    assertThat(main.run("show", resource("show-escape.png").toString())).isZero();
    assertThat(text())
        .contains("jiffusion sample\\u001b[8m; rm -rf ~")
        .contains("\\u001b]52;c;cm0gLXJmIH4=\\u0007");
    assertIsLettersOnly(2);
  }

  @Test
  void aPictureThatTellsNoCommandIsShown() {
    Path file = folder.resolve("request.png");
    Png.write(file, new Images(1, 1, 1, 1, new byte[1]), Map.of("jiffusion", "{\"a\":1}"));
    assertThat(main.run("show", file.toString())).isZero();
    assertThat(text()).isEqualTo("{\"a\":1}" + System.lineSeparator());
  }

  @Test
  void theWordsOfARunAreInspectedAsLetters() throws Exception {
    run();
    assertThat(main.run("inspect", folder.toString())).isZero();
    assertThat(text())
        .contains("ema\\u001b[0m weights of \\u001b[2Jp, /etc/\\u001b[31mx")
        .doesNotContain("\u001b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u001b[2J", "\u009b2J", "\r", "\b", "\u202e", "\u200b", "\u2028"})
  void neitherResultNorErrorHasWhatATerminalObeysOrAReaderDoesNotSee(String hidden) {
    main.run("inspect", "no" + hidden + "model");
    main.out.println("a " + hidden);
    main.out.printf("%s and %s%n", hidden, hidden);
    main.err.print(hidden);
    assertThat(text()).doesNotContain(hidden).contains("\\u%04x".formatted((int) hidden.charAt(0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sampler", "spacing", "threshold", "guide"})
  void fourMillionQuotesAreNotPrinted(String option) {
    String quotes = "'".repeat(4_000_000);
    assertThat(main.run("sample", "--" + option, quotes)).isNotZero();
    assertThat(text()).hasSizeLessThan(2000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"train.batch=", "train.", "preset="})
  void fourMillionQuotesAsASettingAreNotPrinted(String start) {
    String setting = start + "'".repeat(4_000_000);
    assertThat(main.run("train", "mnist", "--out", folder.toString(), "--set", setting))
        .isNotZero();
    assertThat(text()).hasSizeLessThan(2000);
  }

  @Test
  void aBarIsDrawnThroughTheSameStream() {
    try (Bar bar = new Bar(main.err, true, 0)) {
      bar.accept(new Progress("steps", 1, 2, 1, ""));
    }
    assertThat(text()).startsWith("\r[");
  }

  /** A run folder whose texts are hostile, with sound weights. */
  private void run() throws Exception {
    Files.copy(resource("run-escape.json"), folder.resolve("run.json"));
    Files.copy(
        Home.model(Home.BUNDLED).resolve("weights.safetensors"),
        folder.resolve("weights.safetensors"));
  }

  private void assertIsLettersOnly(int lines) {
    assertThat(text().lines()).hasSize(lines);
    assertThat(text().chars().filter(c -> c < ' ' && c != '\n' || c >= 0x7F && c < 0xA0)).isEmpty();
  }

  private String text() {
    return said.toString(StandardCharsets.UTF_8);
  }

  private static Path resource(String name) throws IOException {
    try {
      return Path.of(HostileTextTest.class.getResource("/hostile/" + name).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
