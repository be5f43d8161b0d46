package io.jiffusion.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTest {

  @ParameterizedTest
  @ValueSource(strings = {"mnist", "toy-scurve", "cifar10", "folder"})
  void noSettingOfAPresetIsMissing(String preset) {
    RunConfig config = RunConfig.of(preset, List.of());
    Map<String, String> settings =
        Setting.of(config).stream().collect(Collectors.toMap(Setting::key, Setting::value));
    Set<String> keys = new TreeSet<>();
    keys("", Tree.of(config), keys);
    assertThat(settings.keySet()).containsAll(keys);
    assertThat(settings).containsEntry("train.batch", "" + config.train().batch());
  }

  @Test
  void everySettingHasASentence() {
    assertThat(Setting.of(RunConfig.of("mnist", List.of())))
        .hasSizeGreaterThan(100)
        .allSatisfy(
            setting -> assertThat(setting.sentence()).as(setting.key()).hasSizeGreaterThan(5))
        .allSatisfy(
            setting -> assertThat(setting.sentence()).doesNotContain("{@").doesNotContain("\n"));
  }

  @Test
  void aSentenceIsThatOfTheRecord() {
    assertThat(Setting.of(RunConfig.of("mnist", List.of())))
        .contains(
            new Setting("train.batch", "images a step", "64"),
            new Setting("train.warmup", "steps over which the learning rate grows from 0", "200"),
            new Setting(
                "process.predicts",
                "what the network predicts: eps, x0, v, score, scaled-score, velocity, edm",
                "eps"),
            new Setting(
                "network.unet.timing",
                "how the embedding enters a residual block: add, scale-shift",
                "add"));
  }

  private static void keys(String path, Tree tree, Set<String> to) {
    if (tree.value() instanceof Map) {
      tree.fields()
          .forEach((name, value) -> keys(path.isEmpty() ? name : path + "." + name, value, to));
    } else {
      to.add(path);
    }
  }
}
