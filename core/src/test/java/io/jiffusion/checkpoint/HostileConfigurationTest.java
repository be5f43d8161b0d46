package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.pipeline.SampleRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations that were written to hurt: a sentence, at once. */
@Timeout(60)
class HostileConfigurationTest {
  private static final int MANY = 4_000_000;

  @TempDir Path folder;

  static Stream<String> yamlOfMillions() {
    String digits = "9".repeat(1_000_000);
    return Stream.of(
        "[".repeat(MANY),
        "{".repeat(MANY),
        "]".repeat(MANY),
        "[]".repeat(MANY / 2),
        "[" + "[],".repeat(MANY / 3) + "]",
        "- ".repeat(MANY / 2),
        "? ".repeat(MANY / 2),
        "a: ".repeat(MANY / 3),
        "'".repeat(MANY),
        "\"" + "\\n".repeat(MANY / 2),
        "&a ".repeat(MANY / 3),
        "!".repeat(MANY),
        "train: {minutes: " + digits + "}",
        "train: {minutes: '" + digits + "'}",
        "train: {minutes: '" + digits + "e1'}",
        "train: {minutes: 1e" + digits + "}",
        "train: {minutes: 0." + digits + "}",
        "x".repeat(MANY) + ": 1",
        "\n".repeat(MANY),
        "#".repeat(MANY));
  }

  @ParameterizedTest
  @MethodSource("yamlOfMillions")
  void yamlOfMillionsIsRefusedAtOnce(String yaml) {
    assertRefused(() -> Tree.yaml(yaml, "my.yaml"));
    assertRefused(() -> RunConfig.of("mnist", List.of("train.batch=" + yaml)));
    assertRefused(() -> RunConfig.of("mnist", List.of(yaml + "=1")));
  }

  /** As above, but as large as is read. */
  @ParameterizedTest
  @MethodSource("yamlOfMillions")
  void yamlAsLargeAsIsReadIsReadOrRefusedAtOnce(String yaml) {
    String some = yaml.substring(0, Math.min(yaml.length(), 1 << 18));
    readOrRefused(() -> Binder.bind(RunConfig.class, Tree.yaml(some, "my.yaml")));
    readOrRefused(() -> RunConfig.of("mnist", List.of("train.minutes=" + some)));
  }

  static Stream<String> jsonOfMillions() {
    String digits = "9".repeat(1_000_000);
    return Stream.of(
        "[".repeat(MANY),
        "{\"a\":".repeat(MANY / 5),
        "[" + "[],".repeat(MANY / 3),
        "{\"train\":{\"minutes\":" + digits + "}}",
        "{\"train\":{\"minutes\":\"" + digits + "\"}}",
        "{\"train\":{\"minutes\":\"" + digits + "e1\"}}",
        "{\"train\":{\"minutes\":1e" + digits + "}}",
        "{\"train\":{\"minutes\":-0." + digits + "}}",
        "{\"" + "k".repeat(MANY) + "\":1}",
        "\"" + "\u001b".repeat(MANY),
        " ".repeat(MANY));
  }

  @ParameterizedTest
  @MethodSource("jsonOfMillions")
  void jsonOfMillionsIsReadOrRefusedAtOnce(String json) throws IOException {
    readOrRefused(() -> SampleRequest.ofJson(json));
    Path file = Files.writeString(folder.resolve("run.json"), json);
    assertRefused(() -> RunFolder.read(folder));
    readOrRefused(() -> PeerConfig.read(file).whole("train"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e-999999999",
        "1e999999999",
        "-1e2147483648",
        "1E+99999999999999999999",
        "0.0e-2147483647",
        "123456789e-1000"
      })
  void anExponentIsLookedAtBeforeItIsANumber(String number) {
    String json = "{\"pool\":" + number + ",\"count\":" + number + "}";
    readOrRefused(() -> look(Tree.json(json, "config")));
    readOrRefused(() -> look(Tree.yaml(json, "config")));
    assertRefused(() -> SampleRequest.ofJson(json));
    assertRefused(() -> RunConfig.of("mnist", List.of("train.minutes='" + number + "'")));
    readOrRefused(() -> RunConfig.of("mnist", List.of("train.minutes=" + number)));
    assertRefused(() -> PeerConfig.flags("--image_size " + number).whole("image_size"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "!!binary \"AAAA\"",
        "a: !!binary AAAA",
        "a: !!binary '*'",
        "train: !!binary gICA",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "!!timestamp 2001-12-14t21:59:43.10-05:00",
        "!!python/object/apply:os.system [ls]",
        "!!java.lang.ProcessBuilder [ls]",
        "!<tag:yaml.org,2002:int> x",
        "!!int x",
        "!!float 'a'",
        "!!null 7",
        "!!bool maybe",
        "a: &x [1]\nb: *x",
        "a: &a [*a]",
        "a: &a ['lol']\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]",
        "<<: {train: {batch: 3}}",
        "<<: *missing",
        "train: {batch: 3, batch: 4}",
        "? [a, b]\n: c",
        "? {a: b}\n: c",
        "[a]: b",
        "train: {batch: 0x10}",
        "train: {batch: 0o17}",
        "train: {batch: 1_000}",
        "train: {lr: .inf}",
        "train: {lr: -.INF}",
        "train: {lr: .nan}",
        "train: {lr: Infinity}",
        "train: {batch: 0x" + "fffffffffffffffffffffffff" + "}",
        "train: {batch: 1__0}",
        "train: {batch: 190:20:30}",
        "train: {batch: +}",
        "train: {batch: 0b1}",
        "--- 1\n--- 2",
        "%YAML 9.9\n--- a",
        "%TAG ! tag:example.com,2000:\n--- !x 1",
        "a\tb:\tc",
        "\uFEFF{}",
        "a: |\n  text\n >",
        "\u0000",
        "\uD800",
        "null",
        "~",
        "",
        "3",
        "- 1"
      })
  void everyKindOfYamlIsReadOrRefused(String yaml) throws IOException {
    readOrRefused(() -> Binder.bind(RunConfig.class, Tree.yaml(yaml, "my.yaml")));
    readOrRefused(() -> PeerConfig.of(Tree.yaml(yaml, "my.yaml")).group("train").whole("batch"));
    readOrRefused(() -> RunConfig.of("mnist", List.of("train=" + yaml)));
    readOrRefused(() -> RunConfig.of("mnist", List.of("train.batch=" + yaml)));
    Path file = Files.write(folder.resolve("my.yaml"), yaml.getBytes("UTF-8"));
    readOrRefused(() -> RunConfig.of(file.toString(), List.of()));
  }

  @Test
  void aBinaryValueIsNamedWithItsPlace() {
    assertThatThrownBy(() -> Tree.yaml("a: 1\nb: !!binary AAAA", "my.yaml"))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "a value of a kind that is not supported, such as !!binary (line 2 of my.yaml), must be"
                + " a text, a number, true, false, null, a list or a group");
  }

  @Test
  void fourMillionQuotesAsAValueAreCut() {
    assertThatThrownBy(() -> RunConfig.of("mnist", List.of("train.batch=" + "'".repeat(100_000))))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "illegal train.batch: "
                + "'".repeat(80)
                + "…, must be a whole number (--set train.batch="
                + "'".repeat(68)
                + "…)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      network.unet.resBlocks   | 2147483647 | illegal network.unet.resBlocks: 2147483647, must be from 1 to 256
      network.unet.multipliers | [1, 9999]  | illegal network.unet.multipliers: 9999, must be from 1 to 2048
      process.steps            | 2147483647 | illegal process.steps: 2147483647, must be from 1 to 10000
      train.batch              | 2147483647 | illegal train.batch: 2147483647, must be from 1 to 1048576
      train.shards             | 2147483647 | illegal train.shards: 2147483647, must be from 1 to 1024
      """)
  void everySizeHasABound(String key, String value, String message) {
    assertThatThrownBy(() -> RunConfig.of("mnist", List.of(key + "=" + value)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aHundredThousandUnknownKeysAreToldInPart() {
    StringBuilder json = new StringBuilder("{\"format\":1");
    for (int i = 0; i < 100_000; i++) {
      json.append(",\"x").append(i).append("\":0");
    }
    assertThatThrownBy(() -> SampleRequest.ofJson(json + "}"))
        .isInstanceOf(JiffusionException.class)
        .message()
        .hasSizeLessThan(4000)
        .contains("unknown key x0 (line 1 of request)");
  }

  @Test
  void aRequestMayHoldItsNoise() {
    assertThat(SampleRequest.ofJson("{\"noise\":[1,-0.5]}").noise()).containsExactly(1, -0.5f);
    assertThatThrownBy(() -> SampleRequest.ofJson("{\"noise\":[1,\"a\"]}"))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("illegal noise: a, must be a number (line 1 of request)");
  }

  @Test
  void aFileLargerThanAnyConfigurationIsNotRead() throws IOException {
    Path file = folder.resolve("run.json");
    try (java.io.RandomAccessFile large = new java.io.RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(1L << 35);
    }
    assertThatThrownBy(() -> RunFolder.read(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(file + " is no configuration: it has 34359738368 bytes, must have");
  }

  private static void look(Tree tree) {
    PeerConfig settings = PeerConfig.of(tree);
    settings.must("pool", "adaptive");
    settings.text("pool");
    settings.whole("count");
  }

  private static void readOrRefused(Runnable reading) {
    try {
      reading.run();
    } catch (JiffusionException | IllegalArgumentException e) {
      assertSentence(e);
    }
  }

  private static void assertRefused(Runnable reading) {
    assertThatThrownBy(reading::run)
        .isInstanceOfAny(JiffusionException.class, IllegalArgumentException.class)
        .satisfies(HostileConfigurationTest::assertSentence);
  }

  private static void assertSentence(Throwable e) {
    assertThat(e.getClass()).isIn(JiffusionException.class, IllegalArgumentException.class);
    assertThat(e.getMessage()).isNotBlank();
    assertThat(e.getMessage().lines()).hasSizeLessThan(42).allMatch(line -> line.length() < 1000);
    assertThat(e.getMessage().chars().filter(c -> c < ' ' && c != '\n')).isEmpty();
  }
}
