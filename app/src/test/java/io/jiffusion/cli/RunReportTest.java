package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.base.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunReportTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);

  @Test
  void somethingIsSaidByTimeHoweverLongAStepTakes() throws InterruptedException {
    try (Bar bar = new Bar(err, false, 1000);
        RunReport report = new RunReport(err, bar, 8, () -> {}, step -> {}, 50)) {
      await("no step is made yet; at work for 0:0");
      report.step(new Progress("steps", 3, 10_000, 2, "loss 0.5000"));
      await("3/10000 steps, 1.50/s");
      await("loss 0.5000, 12.0 images/s; at work for 0:0");
    }
  }

  @Test
  void whereLinesComeByThemselvesNothingIsAdded() throws InterruptedException {
    try (Bar bar = new Bar(err, false, 1);
        RunReport report = new RunReport(err, bar, 8, () -> {}, step -> {}, 10_000)) {
      for (int i = 1; i <= 3; i++) {
        report.step(new Progress("steps", i, 3, i, "loss 0.5000"));
      }
    }
    assertThat(said.toString(StandardCharsets.UTF_8).lines()).hasSize(3);
  }

  private void await(String text) throws InterruptedException {
    while (!said.toString(StandardCharsets.UTF_8).contains(text)) {
      Thread.sleep(10);
    }
  }
}
