package io.jiffusion.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class RunConfigTest {
  static final List<String> presets = RunConfig.PRESETS;

  @TempDir Path folder;

  @ParameterizedTest
  @FieldSource("presets")
  void everyPresetIsCompleteAndItsTextReadsBackTheSame(String preset) throws IOException {
    RunConfig config = RunConfig.of(preset, List.of());
    assertThat(RunConfig.of(file("all.yaml", config.toYaml()), List.of()).toYaml())
        .isEqualTo(config.toYaml());
    String json = Tree.of(config).toPrettyJson();
    assertThat(RunConfig.of(file("all.json", json), List.of()).toYaml()).isEqualTo(config.toYaml());
  }

  @Test
  void aFileIsLaidOverItsPresetAndSettingsOverBoth() throws IOException {
    String file =
        file(
            "my.yaml",
            "preset: mnist\ntrain:\n  batch: 16\n  lr: 1e-3\nnetwork: {unet: {channels: 64}}\n");
    RunConfig config =
        RunConfig.of(
            file,
            List.of(
                "train.batch=8",
                "network.unet.multipliers=[1, 2]",
                "network.unet.attention=[16]",
                "train.steps=1e5",
                "data.path="));
    assertThat(config.train().batch()).isEqualTo(8);
    assertThat(config.train().lr()).isEqualTo(1e-3);
    assertThat(config.train().steps()).isEqualTo(100_000);
    assertThat(config.network().unet().channels()).isEqualTo(64);
    assertThat(config.network().unet().multipliers()).containsExactly(1, 2);
    assertThat(config.data().set()).isEqualTo("mnist");
    assertThat(config.data().path()).isEmpty();
  }

  @Test
  void allMistakesAreToldAtOnceEachWithItsLine() throws IOException {
    String file =
        file(
            "my.yaml",
            """
        preset: mnist
        batch: 3
        train:
          bach: 8
          lr: fast
          steps: 3.7
          warmup: null
        proces:
          clip: true
        network:
          unet:
            timing: both
        """);
    assertThatThrownBy(() -> RunConfig.of(file, List.of("train.seed=99999999999999999999")))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            String.join(
                    System.lineSeparator(),
                    "unknown key batch (line 2 of FILE), did you mean train.batch?",
                    "unknown key proces (line 8 of FILE), did you mean process?",
                    "illegal network.unet.timing: both, must be one of add, scale-shift (line 12 of FILE)",
                    "unknown key train.bach (line 4 of FILE), did you mean train.batch?",
                    "illegal train.seed: 99999999999999999999, is too large (line 1 of --set train.seed=99999999999999999999)",
                    "illegal train.steps: 3.7, must be a whole number (line 6 of FILE)",
                    "illegal train.lr: fast, must be a number (line 5 of FILE)",
                    "illegal train.warmup: null, must be a whole number (line 7 of FILE)")
                .replace("FILE", file)
                .replace("line 1 of --set", "--set"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train.batch=0 | illegal train.batch: 0, must be from 1 to 1048576",
        "train.batch=3.7 | illegal train.batch: 3.7, must be a whole number",
        "train.batch=3.0 | illegal train.batch: 3.0, must be a whole number",
        "train.batch=null | illegal train.batch: null, must be a whole number",
        "train.batch='8' | illegal train.batch: 8, must be a whole number",
        "train.batch=true | illegal train.batch: true, must be a whole number",
        "train.batch=99999999999 | illegal train.batch: 99999999999, is too large",
        "train.lr=.nan | illegal train.lr: .nan, must be a number",
        "train.lr=1e999 | illegal train.lr: 1e+999, must be a number",
        "train.betas=0.9 | illegal train.betas: 0.9, must be a list, such as [1, 2]",
        "train.betas=[0.9] | illegal train.betas: 1 values, must be two, such as [0.9, 0.999]",
        "train.betas=[0.9, x] | illegal train.betas: x, must be a number",
        "train.times=often | illegal train.times: often, must be one of uniform, antithetic",
        "train.precision=fp23 | illegal train.precision: fp23, must be one of auto, fp32, bf16; did you mean fp32?",
        "train=3 | illegal train: 3, must be a group of keys: seed, steps, minutes, ",
        "process.clip=yes | illegal process.clip: yes, must be true or false",
        "process.steps=0 | illegal process.steps: 0, must be from 1 to 10000",
        "process.predicts=epsilon | illegal process.predicts: epsilon, must be one of eps, x0, v, score, scaled-score, velocity, edm",
        "process.predicts=velocity | illegal process.predicts: velocity, must go with schedule flow; use v for the others",
        "process.schedule=flwo | illegal process.schedule: flwo, must be one of linear, rescaled-linear, cosine, ",
        "process.schedule=flwo | edm, flow; did you mean flow? (--set process.schedule=flwo)",
        "process.sigmaMin=-1 | illegal process.sigmaMin: -1.0, must be above 0",
        "data.set=mnits | illegal data.set: mnits, must be one of mnist, fashion-mnist",
        "data.set=7 | illegal data.set: 7, must be text; put it in quotes",
        "data.sett=mnist | unknown key data.sett (--set data.sett=mnist), did you mean data.set?",
        "network.unet.channels=30 | illegal network.unet.groups: 8, must divide the 30 channels (line",
        "network.unet=null | illegal network, must have one of unet, mlp, ",
        "network.mlp={inputs: 2, width: 8, depth: 1, embedding: 8} | illegal network, must have one of unet, mlp, ",
        "train.batch=[ | --set train.batch=[ is not valid YAML at line",
        "train.batch=*a | alias *a (line 1 of --set train.batch=*a) is not supported, write the value out",
      })
  void aWrongSettingIsToldWithValueRuleAndPlace(String setting, String message) {
    assertThatThrownBy(() -> RunConfig.of("mnist", List.of(setting)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("jackson")
        .hasMessageNotContaining("java.");
  }

  @Test
  void aSettingWithoutAValueIsRefused() {
    assertThatThrownBy(() -> RunConfig.of("mnist", List.of("train.batch")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal --set train.batch, must be key=value, such as train.batch=32");
  }

  @Test
  void duplicateKeysAreRefused() throws IOException {
    String yaml = file("twice.yaml", "preset: mnist\ntrain:\n  batch: 1\n  batch: 2\n");
    assertThatThrownBy(() -> RunConfig.of(yaml, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("key batch is given twice (line 4 of " + yaml + "), remove one");
    String json = file("twice.json", "{\"preset\": \"mnist\",\n \"preset\": \"folder\"}");
    assertThatThrownBy(() -> RunConfig.of(json, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("key preset is given twice (line 2 of " + json + "), remove one");
  }

  @Test
  void missingKeysAreNamed() throws IOException {
    String file = file("short.yaml", "data: {set: mnist}\n");
    assertThatThrownBy(() -> RunConfig.of(file, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("missing key data.path (line 1 of " + file + ")")
        .hasMessageContaining("missing key train");
  }

  @Test
  void brokenFilesAreToldByLine() throws IOException {
    String yaml = file("broken.yaml", "train:\n  batch: 1\n bad: [\n");
    assertThatThrownBy(() -> RunConfig.of(yaml, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessageMatching(".*broken.yaml is not valid YAML at line [34], column \\d+");
    String json = file("broken.json", "{\"train\": 1,}");
    assertThatThrownBy(() -> RunConfig.of(json, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessageMatching(".*broken.json is not valid JSON at line 1, column \\d+");
  }

  @Test
  void aMissingFileIsToldWithTheNearestPreset() {
    assertThatThrownBy(() -> RunConfig.of("mnits", List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no file or preset mnits, presets are mnist, toy-scurve, cifar10, folder; did you mean mnist?");
  }

  @Test
  void anUnknownPresetInAFileIsRefused() throws IOException {
    String file = file("my.yaml", "preset: imagenet\n");
    assertThatThrownBy(() -> RunConfig.of(file, List.of()))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("no preset imagenet, presets are mnist, toy-scurve, cifar10, folder");
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }
}
