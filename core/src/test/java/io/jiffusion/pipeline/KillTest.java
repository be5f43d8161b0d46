package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.train.Checkpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A training process that is killed without warning, again and again. */
@ExtendWith(NativeHandles.class)
class KillTest {
  private static final int FULL = 50;

  @TempDir Path home;

  @Test
  @Tag("long")
  void aRunKilledAtRandomMomentsIsTheRunThatNeverStopped()
      throws IOException, InterruptedException {
    Path killed = home.resolve("killed");
    int kills = Math.max(2, (int) Math.round(FULL * ChildJvm.size()));
    Random random = new Random(System.nanoTime());
    for (int i = 0; i < kills; i++) {
      Process child = start(killed);
      awaitStep(child);
      if (i == 0) {
        assertThatThrownBy(() -> train(killed, Checkpoint.exists(killed), 1))
            .isInstanceOf(JiffusionException.class)
            .hasMessage(
                killed + " is being trained already; stop that training, or choose another --out");
      }
      Thread.sleep(random.nextInt(400));
      child.destroyForcibly().waitFor(); // kill -9
    }
    int steps = (int) newest(killed) + 2;
    train(killed, Checkpoint.exists(killed), steps);
    Path whole = home.resolve("whole");
    train(whole, false, steps);
    Map<String, List<Byte>> expected = TrainingTest.files(whole);
    Map<String, List<Byte>> actual = TrainingTest.files(killed);
    System.out.println(kills + " kills, " + steps + " steps");
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(actual.get(name).equals(bytes)).as(name).isTrue());
  }

  /** The child: trains for ever, saving after every other step. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    new Training(TrainingTest.points(1_000_000, 2), folder, Checkpoint.exists(folder))
        .run(
            TrainingTest.listener(progress -> System.out.println("step"), step -> {}),
            new Cancellation());
  }

  private static Process start(Path folder) {
    return ChildJvm.start(KillTest.class, List.of(), folder.toString());
  }

  private static void awaitStep(Process child) throws IOException {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder said = new StringBuilder();
    for (String line = out.readLine(); !"step".equals(line); line = out.readLine()) {
      assertThat(line).as("the child ended: %s", said).isNotNull();
      said.append(line).append('\n');
    }
  }

  private static void train(Path folder, boolean resume, int steps) {
    new Training(TrainingTest.points(steps, 2), folder, resume)
        .run(TrainingTest.listener(progress -> {}, step -> {}), new Cancellation());
  }

  private static long newest(Path folder) throws IOException {
    if (!Checkpoint.exists(folder)) {
      return 0;
    }
    try (var files = Files.list(folder.resolve("checkpoints"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".safetensors"))
          .mapToLong(name -> Long.parseLong(name.replaceAll("\\D", "")))
          .max()
          .orElse(0);
    }
  }
}
