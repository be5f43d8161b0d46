package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.network.Network;
import io.jiffusion.tensor.NativeHandles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NativeHandles.class)
class CheckpointTest {
  @TempDir Path run;

  @ParameterizedTest
  @CsvSource({
    "UNIFORM, 8, 1, 6",
    "ANTITHETIC, 7, 2, 5",
    "ANTITHETIC, 10, 3, 7",
    "UNIFORM, 3, 4, 1"
  })
  void aRestoredTrainerGoesOnAsIfItNeverStopped(
      TimeSampler times, int batch, int shards, int steps) {
    goesOn(Runs.PERCEPTRON, Runs.points(times, batch), shards, steps);
  }

  @ParameterizedTest
  @CsvSource({"5, 2, 3", "4, 1, 2"})
  void aRestoredTrainerDropsWhatItWouldHaveDropped(int batch, int shards, int steps) {
    goesOn(Runs.DROPPING, Runs.pixels(batch), shards, steps);
  }

  private void goesOn(Network network, Objective objective, int shards, int steps) {
    List<Trainer.Step> expectedSteps = new ArrayList<>();
    List<Trainer.Step> steppedSteps = new ArrayList<>();
    Map<String, float[]> expected;
    try (Trainer straight = Runs.trainer(network, objective, shards)) {
      for (int i = 0; i < 2 * steps; i++) {
        expectedSteps.add(straight.step());
      }
      expected = Runs.copy(straight.state());
    }
    try (Trainer first = Runs.trainer(network, objective, shards)) {
      for (int i = 0; i < steps; i++) {
        steppedSteps.add(first.step());
      }
      new Checkpoint(first.state(), first.steps()).write(run, "settings");
    }
    try (Trainer second =
        Runs.trainer(network, objective, shards, Checkpoint.newest(run, CheckpointTest::same))) {
      assertThat(second.steps()).isEqualTo(steps);
      for (int i = 0; i < steps; i++) {
        steppedSteps.add(second.step());
      }
      assertThat(steppedSteps).isEqualTo(expectedSteps);
      Map<String, float[]> actual = Runs.copy(second.state());
      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      actual.forEach(
          (name, values) -> assertThat(values).as(name).containsExactly(expected.get(name)));
      assertThat(actual.get("counts/" + second.state().counts().names().iterator().next()))
          .containsExactly(2 * steps);
    }
  }

  @Test
  void theTwoNewestAreKeptAndNothingElseIsLeft() throws IOException {
    Files.createDirectories(run.resolve("checkpoints"));
    Files.writeString(
        run.resolve("checkpoints/step-000000002.safetensors.123-1.tmp"),
        "of a process that was killed");
    write(5);
    assertThat(files()).containsExactly("step-000000004.safetensors", "step-000000005.safetensors");
    assertNewest(5);
  }

  @Test
  void whateverByteIsDamagedTheOneBeforeIsTakenWithAWarning() throws IOException {
    write(2);
    byte[] whole = Files.readAllBytes(newest());
    int header = 8 + (whole[0] & 0xFF) + ((whole[1] & 0xFF) << 8);
    String text = new String(whole, 0, header, StandardCharsets.ISO_8859_1);
    int[] places = {
      0,
      9,
      text.indexOf("checksum") + 11,
      text.indexOf("\"step\"") + 8,
      text.indexOf("first/"),
      text.indexOf("ema/in") + 5,
      text.indexOf("counts/in") + 9,
      text.indexOf("shape") + 8,
      header - 12,
      header,
      header + 1001,
      whole.length - 1
    };
    for (int place : places) {
      byte[] damaged = whole.clone();
      damaged[place] ^= 1;
      Files.write(newest(), damaged);
      assertThat(warning(() -> assertNewest(1)))
          .as("byte %d, %s", place, text.substring(0, Math.min(place, header)))
          .contains("step-000000002.safetensors")
          .contains("going on from the checkpoint before it");
    }
    for (int length : new int[] {0, 1, 8, header, whole.length / 2, whole.length - 1}) {
      Files.write(newest(), java.util.Arrays.copyOf(whole, length));
      assertThat(warning(() -> assertNewest(1)))
          .as("%d bytes", length)
          .contains("going on from the checkpoint before it");
    }
  }

  @Test
  void aCheckpointUnderTheNameOfAnotherStepIsDamaged() throws IOException {
    write(1);
    Files.move(newest(), run.resolve("checkpoints/step-000000003.safetensors"));
    assertThatThrownBy(() -> Checkpoint.newest(run, CheckpointTest::same))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("is damaged");
  }

  @Test
  void whereAllAreDamagedTheNewestDamageIsTold() throws IOException {
    write(1);
    byte[] bytes = Files.readAllBytes(newest());
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest(), bytes);
    assertThatThrownBy(() -> Checkpoint.newest(run, CheckpointTest::same))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("checkpoint " + newest() + " is damaged: its checksum does not fit");
  }

  @Test
  void otherSettingsAreRefused() {
    write(1);
    assertThatThrownBy(() -> Checkpoint.newest(run, CheckpointTest::other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("settings, must be others");
  }

  private static void same(String settings) {
    assertThat(settings).isEqualTo("settings");
  }

  private static void other(String settings) {
    throw new IllegalArgumentException(settings + ", must be others");
  }

  @Test
  void nothingToResumeIsTold() {
    assertThat(Checkpoint.exists(run)).isFalse();
    assertThatThrownBy(() -> Checkpoint.newest(run, CheckpointTest::same))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "nothing to resume in " + run + ": it has no checkpoint; leave out --resume to start");
  }

  /** Checkpoints of the steps 1 … last. */
  private void write(int last) {
    try (Trainer trainer = Runs.trainer(Runs.PERCEPTRON, Runs.points(TimeSampler.UNIFORM, 4), 1)) {
      while (trainer.steps() < last) {
        trainer.step();
        new Checkpoint(trainer.state(), trainer.steps()).write(run, "settings");
      }
    }
  }

  private void assertNewest(long step) {
    Checkpoint checkpoint = Checkpoint.newest(run, CheckpointTest::same);
    checkpoint.state().close();
    assertThat(checkpoint.step()).isEqualTo(step);
  }

  private Path newest() {
    List<String> files = files();
    return run.resolve("checkpoints").resolve(files.get(files.size() - 1));
  }

  private List<String> files() {
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String warning(Runnable body) {
    PrintStream before = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      body.run();
    } finally {
      System.setErr(before);
    }
    return captured.toString(StandardCharsets.UTF_8);
  }
}
