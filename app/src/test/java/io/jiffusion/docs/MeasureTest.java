package io.jiffusion.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureTest {
  @TempDir Path folder;

  @Test
  @Tag("long")
  void aMeasuredModelHasAnalyticVariances() throws Exception {
    Program.trainSmall(folder, "small");
    String[] sample = {
      "sample", "--model", "small", "--sampler", "analytic-ddpm", "--steps", "2", "--count", "1"
    };
    Program.Ended before = Program.run(folder, sample);
    assertThat(before.code()).isEqualTo(2);
    assertThat(before.err())
        .contains("not measured")
        .contains("measure it with jiffusion measure small");

    Program.Ended measured = Program.run(folder, "measure", "small", "--count", "3");
    assertThat(measured.code()).as(measured.err()).isZero();
    assertThat(measured.lastLine()).isEqualTo(Path.of("small", "noise.json").toString());
    assertThat(measured.err()).contains("60/60 evaluations");

    Program.Ended after = Program.run(folder, sample);
    assertThat(after.code()).as(after.err()).isZero();
    Program.Ended bits =
        Program.run(
            folder, "likelihood", "small", "--count", "2", "--steps", "5", "--variance", "optimal");
    assertThat(bits.code()).as(bits.err()).isZero();
    assertThat(bits.out()).contains("variational bound").contains("exact, by the flow");
  }
}
