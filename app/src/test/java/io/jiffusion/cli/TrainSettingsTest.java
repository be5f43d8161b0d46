package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Setting;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainSettingsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path folder;

  @Test
  void helpListsEverySettingWithItsValue() {
    assertThat(run("train", "folder", "--help")).isZero();
    String help = text(out).replaceAll("\\s+", "");
    for (Setting setting : Setting.of(RunConfig.of("folder", List.of()))) {
      String value = setting.value().isEmpty() ? "" : "=" + setting.value();
      assertThat(help)
          .contains((setting.key() + value + setting.sentence()).replaceAll("\\s+", ""));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--batch 32, 'train.batch=32'",
    "--lr 3e-4, 'train.lr=0.0003'",
    "--lr 0.002 --steps 7 --minutes 1.5, 'train.lr=0.002,train.steps=7,train.minutes=1.5'",
    "--size 64, 'network.unet.height=64,network.unet.width=64,network.unet.attention=[16]'",
    "--seed 9 --precision fp32, 'train.seed=9,train.precision=fp32'",
    "--data 2024, 'data.path=\"2024\"'",
    "--set train.ema=0.99 --batch 5, 'train.ema=0.99,train.batch=5'",
  })
  void commonSettingsAreOptions(String options, String settings) {
    String[] words = ("train mnist --dry-run " + options).split(" ");
    RunConfig expected = RunConfig.of("mnist", List.of(settings.split(",")));
    int code = run(words);
    if (options.contains("2024")) { // no such folder
      assertThat(code).isEqualTo(1);
      assertThat(text(err)).contains("2024").doesNotContain("bug");
      return;
    }
    assertThat(code).as(text(err)).isZero();
    assertThat(text(out)).startsWith(expected.toYaml());
  }

  @ParameterizedTest
  @CsvSource({
    "--ema 0.99, --ema is a setting: --set train.ema=0.99 (largest decay",
    "--ema-decay=0.99, --ema-decay is a setting: --set train.ema=0.99 (",
    "--batch-size 8, --batch-size is a setting: --set train.batch=8 (images a step)",
    "--learning-rate 1e-4, --learning-rate is a setting: --set train.lr=1e-4 (learning rate)",
    "--dropout 0.1, --dropout is a setting: --set network.unet.dropout=0.1 (",
    "--res-blocks 3, --res-blocks is a setting: --set network.unet.resBlocks=3 (",
    "--channel 16, --channel is a setting: --set network.unet.channels=16 (",
    "--schedule cosine, --schedule is a setting: --set process.schedule=cosine (",
    "--flip, --flip is a setting: --set data.flip=VALUE (",
  })
  void anUnknownOptionPointsToItsSetting(String option, String message) {
    assertThat(run(("train mnist " + option).split(" "))).isEqualTo(2);
    assertThat(text(err)).contains(message);
  }

  @Test
  void whatIsLikeNoSettingIsNotGuessed() {
    assertThat(run("train", "mnist", "--foo", "3")).isEqualTo(2);
    assertThat(text(err)).doesNotContain("is a setting");
  }

  @Test
  void aDryRunTellsTheConfigurationDataParametersAndMemoryAndMakesNothing() {
    Path run = folder.resolve("run");
    assertThat(run("train", "toy-scurve", "--dry-run", "--batch", "7", "-o", run.toString()))
        .isZero();
    assertThat(text(out))
        .contains("  batch: 7")
        .contains("# data: 100,000 points")
        .containsPattern("# network: \\d+,\\d+ parameters")
        .containsPattern(
            "# memory: \\d+ MB of weights, averages and moments; about \\d+ MB for a batch of 7")
        .contains("# run folder: " + run);
    assertThat(run).doesNotExist();
  }

  @Test
  void anErrorIsToldWithoutTheConfiguration() {
    String nowhere = folder.resolve("nowhere").toString();
    assertThat(run("train", "folder", "--data", nowhere, "--out", folder.resolve("r").toString()))
        .isEqualTo(1);
    assertThat(text(out)).isEmpty();
    assertThat(text(err)).contains(nowhere);
  }

  private int run(String... words) {
    return new Main(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(words);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
