package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.run.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BarTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void aBarShowsShareRateAndTimeLeft() {
    assertThat(Bar.text(new Progress("evaluations", 40, 160, 2, "loss 0.5"), true))
        .isEqualTo("[######                  ] 40/160 evaluations, 20.0/s, 0:06 left, loss 0.5");
  }

  @Test
  void withoutATotalThereIsNoTimeLeft() {
    assertThat(Bar.text(new Progress("steps", 40, 0, 8, ""), true)).isEqualTo("40 steps, 5.00/s");
  }

  @Test
  void hoursAreShownWhereThereAreAny() {
    assertThat(Bar.time(59.6)).isEqualTo("1:00");
    assertThat(Bar.time(3725)).isEqualTo("1:02:05");
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
