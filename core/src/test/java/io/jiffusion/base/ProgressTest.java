package io.jiffusion.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0   | 800 | 0  |             | 0/800 evaluations",
        "350 | 800 | 0  |             | 350/800 evaluations, 35.0/s, 0:13 left",
        "350 | 800 | 340| loss 0.0312 | 350/800 evaluations, 1.0/s, 7:30 left, loss 0.0312",
        "800 | 800 | 0  |             | 800/800 evaluations, 80.0/s",
        "7   | 0   | 0  |             | 7 evaluations, 0.7/s",
      })
  void isALineForPeople(long done, long total, long before, String note, String line) {
    String told = note == null ? "" : note;
    assertThat(new Progress("evaluations", done, total, before, done == 0 ? 0 : 10, told))
        .hasToString(line);
  }
}
