package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  private static final Confusion CONFUSION =
      Confusion.of(new int[] {0, 0, 0, 0, 1, 1, 2}, new int[] {0, 0, 0, 2, 1, 0, 2}, 3);

  @Test
  void countsWhatWasAskedForAgainstWhatWasFound() {
    assertThat(CONFUSION.counts())
        .containsExactly(List.of(3, 0, 1), List.of(1, 1, 0), List.of(0, 0, 1));
    assertThat(CONFUSION.images()).isEqualTo(7);
    assertThat(CONFUSION.accuracy()).isEqualTo(5 / 7.0);
    assertThat(CONFUSION.accuracy(0)).isEqualTo(0.75);
    assertThat(CONFUSION.accuracy(1)).isEqualTo(0.5);
  }

  @Test
  void refusesLabelsThatDoNotFit() {
    assertThatThrownBy(() -> Confusion.of(new int[2], new int[3], 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal labels: 2 desired and 3 found, must be equally many and at least 1");
    assertThatThrownBy(() -> Confusion.of(new int[] {0, 3}, new int[] {0, 1}, 3))
        .hasMessage("illegal labels of image 1: 3 desired and 1 found, must be 0 to 2");
  }

  @Test
  void readsAsATable() {
    Report report =
        new Report(
            List.of(
                Report.Row.of("ddim-50, guidance 2", CONFUSION, 1.234567, 7.5),
                Report.Row.of("held-out", CONFUSION, null, 8.0)));
    assertThat(report.table().lines().toList())
        .containsExactly(
            "                     images    right  Frechet  nearest",
            "ddim-50, guidance 2       7   71.43%     1.23     7.50",
            "held-out                  7   71.43%        -     8.00",
            "",
            "right (%) of             0      1      2",
            "ddim-50, guidance 2   75.0   50.0  100.0",
            "held-out              75.0   50.0  100.0");
  }

  @Test
  void isPlainNumbersInJson() {
    Report report = new Report(List.of(Report.Row.of("held-out", CONFUSION, null, 8.0)));
    String json = JsonMapper.shared().writeValueAsString(report);
    assertThat(JsonMapper.shared().readValue(json, Report.class)).isEqualTo(report);
    assertThat(json).contains("\"accuracyByClass\":[0.75,0.5,1.0]").contains("\"frechet\":null");
  }
}
