package io.jiffusion.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnetConfigTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      inputChannels | 0   | illegal inputChannels: 0, must be from 1 to 65536
      channels      | 7   | illegal channels: 7, must be an even number
      resBlocks     | 0   | illegal resBlocks: 0, must be from 1 to 256
      groups        | 3   | illegal groups: 3, must divide the 8 channels
      groups        | 0   | illegal groups: 0, must divide the 8 channels
      shift         | 2   | illegal shift: 2, must be 0 or 1
      classes       | -1  | illegal classes: -1, must be from 0 to 1048576
      headWidth     | -1  | illegal headWidth: -1, must be from 0 to 65536
      headWidth     | 3   | illegal headWidth: 3, must divide the 16 channels of level 1, which attends
      headWidth     | 32  | illegal headWidth: 32, must divide the 16 channels of level 1, which attends
      height        | 9   | illegal height: 9, must be a multiple of 2 for 2 levels
      width         | 7   | illegal width: 7, must be a multiple of 2 for 2 levels
      """)
  void anIllegalValueIsToldWithItsRule(String name, int value, String text) {
    assertThatThrownBy(() -> Networks.unet(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      eps         | 0    | illegal eps: 0.0, must be above 0
      dropout     | 1    | illegal dropout: 1.0, must be at least 0 and below 1
      dropout     | -0.1 | illegal dropout: -0.1, must be at least 0 and below 1
      middleScale | 0    | illegal middleScale: 0.0, must be above 0
      eps         | NaN  | illegal eps: NaN, must be above 0
      """)
  void anIllegalNumberIsToldWithItsRule(String name, double value, String text) {
    assertThatThrownBy(() -> Networks.unet(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(text);
  }

  @Test
  void twoChannelsHaveNoFrequenciesWithShiftOne() {
    assertThatThrownBy(() -> Networks.unet(Map.of("channels", 2, "groups", 1)))
        .hasMessage("illegal channels: 2, must be 4 or more with shift 1");
    assertThat(Networks.unet(Map.of("channels", 2, "groups", 1, "shift", 0)).config().channels())
        .isEqualTo(2);
  }

  @Test
  void levelsAreNeeded() {
    assertThatThrownBy(() -> Networks.unet(Map.of("multipliers", List.of())))
        .hasMessage(
            "illegal multipliers: [], must name at least one level, and be empty like attention where"
                + " levels are given");
    assertThatThrownBy(() -> Networks.unet(Map.of("multipliers", List.of(1, 0))))
        .hasMessage("illegal multipliers: 0, must be from 1 to 8192");
  }

  @Test
  void attentionMustNameTheRowsOfALevel() {
    assertThatThrownBy(() -> Networks.unet(Map.of("attention", List.of(4, 16))))
        .hasMessage("illegal attention: 16, must be one of the levels' rows: [8, 4]");
  }

  @Test
  void headsAreOnlyCheckedWhereSomethingAttends() {
    assertThat(
            Networks.unet(
                    Map.of("multipliers", List.of(1, 3), "headWidth", 12, "attention", List.of(4)))
                .config())
        .isNotNull(); // level 0 has 8 channels and does not attend
  }

  @Test
  void aPerceptronThatCannotComputeIsRefused() {
    for (int[] c :
        new int[][] {{0, 8, 1, 8}, {2, 0, 1, 8}, {2, 8, 0, 8}, {2, 8, 1, 7}, {2, 8, 1, 2}}) {
      assertThatThrownBy(() -> new MlpConfig(c[0], c[1], c[2], c[3]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("illegal network: inputs " + c[0] + ", width " + c[1])
          .hasMessageEndingWith("must be 1 or more, the embedding even and 4 or more");
    }
  }
}
