package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Main main =
      new Main(
          new PrintStream(out, true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "evaluate --count 0 | 2 | illegal count: 0, must be 1 or more",
        "evaluate --guidance strong | 2 | Invalid value for option '--guidance'",
        "evaluate --classifier nowhere | 1 | no classifier in nowhere: it has no weights.safetensors",
        "evaluate --images nowhere.npz | 1 | cannot read nowhere.npz: there is no such file or folder",
        "train-classifier --data nowhere | 1 | no file train-images-idx3-ubyte",
      })
  void aMistakeIsToldWithItsExitCode(String arguments, int code, String message) {
    assertThat(main.run(arguments.split(" "))).isEqualTo(code);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message).doesNotContain("bug");
    assertThat(out.size()).isZero();
  }

  @Test
  void trainingTheClassifierHasHelp() {
    assertThat(main.run("train-classifier", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: jiffusion train-classifier");
  }
}
