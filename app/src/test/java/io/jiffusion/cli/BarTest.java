package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.base.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void aBarShowsShareRateAndTimeLeft() {
    assertThat(Bar.text(new Progress("evaluations", 40, 160, 2, "loss 0.5"), 20, 100))
        .isEqualTo("[######                  ] 40/160 evaluations, 20.0/s, 0:06 left, loss 0.5");
  }

  @Test
  void withoutATotalThereIsNoTimeLeft() {
    assertThat(Bar.text(new Progress("steps", 40, 0, 8, ""), 5, 100)).isEqualTo("40 steps, 5.00/s");
  }

  @Test
  void hoursAreShownWhereThereAreAny() {
    assertThat(Bar.time(59.6)).isEqualTo("1:00");
    assertThat(Bar.time(3725)).isEqualTo("1:02:05");
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 30, 40, 60, 80, 200})
  void aBarNeverReachesTheEdge(int columns) {
    Progress progress =
        new Progress(
            "evaluations", 999_999_999, 16_000_000_000L, 86_400, "12345/1000000 images, loss 0.1");
    for (Progress each : List.of(progress, progress.note("x".repeat(300)), progress.note(""))) {
      assertThat(Bar.text(each, each.rate(), columns)).hasSizeLessThan(columns).contains("9999");
    }
    assertThat(Bar.text(progress, progress.rate(), 80)).contains("/s").contains("> 99 h left");
    Progress training = new Progress("steps", 5000, 10_000, 60, "loss 0.0312, 789.3 images/s");
    assertThat(Bar.text(training, 12.3, 80))
        .startsWith("[")
        .endsWith("] 5000/10000 steps, 12.3/s, 6:47 left, loss 0.0312, 789.3 images/s");
  }

  @Test
  void timeLeftIsCapped() {
    assertThat(Bar.time(99 * 3600)).isEqualTo("99:00:00");
    assertThat(Bar.time(99 * 3600 + 1)).isEqualTo("> 99 h");
    assertThat(Bar.time(1e300)).isEqualTo("> 99 h");
    assertThat(Bar.time(Double.POSITIVE_INFINITY)).isEqualTo("> 99 h");
    assertThat(Bar.time(Double.NaN)).isEqualTo("> 99 h");
  }

  /** The first step compiles and warms up: 20 s, and then 10 a second. */
  @Test
  void theFirstUnitDoesNotSpoilTheTimeLeft() {
    try (Bar bar = bar(false, 10)) {
      for (int i = 1; i <= 20; i++) {
        bar.accept(new Progress("steps", i, 1020, 20 + (i - 1) * 0.1, ""));
      }
    }
    assertThat(text().lines())
        .containsExactly("10/1020 steps, 10.0/s, 1:41 left", "20/1020 steps, 10.0/s, 1:40 left");
  }

  @Test
  void afterAResumeTheTimeLeftIsThatOfTheStepsToCome() {
    assertThat(new Progress("steps", 5010, 6010, 5000, 10, "").secondsLeft()).isEqualTo(1000);
    try (Bar bar = bar(false, 10)) {
      for (int i = 1; i <= 10; i++) {
        bar.accept(new Progress("steps", 5000 + i, 6010, 5000, i, ""));
      }
    }
    assertThat(text().lines())
        .containsExactly(
            "5001/6010 steps, 1.00/s, 16:49 left", "5010/6010 steps, 1.00/s, 16:40 left");
  }

  @Test
  void elsewhereThanOnATerminalALineIsPrintedEverySoManyUnits() {
    try (Bar bar = bar(false, 50)) {
      for (int i = 1; i <= 120; i++) {
        bar.accept(new Progress("steps", i, 120, i, ""));
      }
    }
    assertThat(text().lines())
        .containsExactly(
            "50/120 steps, 1.00/s, 1:10 left",
            "100/120 steps, 1.00/s, 0:20 left",
            "120/120 steps, 1.00/s");
  }

  @Test
  void onATerminalOneLineIsDrawnOverAndEnded() {
    try (Bar bar = bar(true, 0)) {
      bar.accept(new Progress("steps", 1, 2, 1, "a long note"));
      bar.accept(new Progress("steps", 2, 2, 2, ""));
    }
    assertThat(text())
        .startsWith("\r[############            ] 1/2 steps")
        .contains("\r[########################] 2/2 steps, 1.00/s  ")
        .endsWith(System.lineSeparator());
  }

  private Bar bar(boolean terminal, long every) {
    return new Bar(new PrintStream(out, true, StandardCharsets.UTF_8), terminal, every);
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
