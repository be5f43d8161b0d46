package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.ChildJvm;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.execute.RandomWeights;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.tensor.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Resident memory over many steps, in a process of its own whose heap is resident from the start.
 */
@EnabledOnOs(OS.LINUX)
class FlatMemoryTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long SLACK_KB = 24 * 1024; // the C library's own heaps settle slowly

  @Test
  void memoryIsFlatOverSomeTrainingSteps() throws Exception {
    check("train", 60);
  }

  @Test
  @Tag("long")
  void memoryIsFlatOverManyTrainingSteps() throws Exception {
    check("train", (int) (2000 * ChildJvm.size()));
  }

  @Test
  @Tag("long")
  void memoryIsFlatOverManyEvaluations() throws Exception {
    check("evaluate", (int) (1000 * ChildJvm.size()));
  }

  private static void check(String work, int steps) throws IOException, InterruptedException {
    Process child =
        ChildJvm.start(
            FlatMemoryTest.class,
            List.of("-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch"),
            work,
            "" + steps);
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(output).isZero();
    List<Long> rss =
        output
            .lines()
            .filter(line -> line.startsWith("rss "))
            .map(line -> Long.parseLong(line.substring(4)))
            .toList();
    System.out.println(work + ", " + steps + " steps: resident kB at each tenth " + rss);
    assertThat(rss).hasSize(11);
    assertThat(rss.get(10) - rss.get(2)).isLessThan(SLACK_KB);
  }

  /** The child: works and tells its resident memory at each tenth of the way. */
  public static void main(String[] arguments) throws IOException {
    int steps = Integer.parseInt(arguments[1]);
    List<Long> rss = new ArrayList<>();
    if (arguments[0].equals("train")) {
      Network network = Networks.unet(Map.of("inputChannels", 1, "channels", 16, "dropout", 0.1));
      try (Trainer trainer = Runs.trainer(network, Runs.pixels(16), 2)) {
        watch(steps, rss, trainer::step);
      }
    } else {
      Network network =
          Networks.unet(
              Map.of(
                  "inputChannels",
                  3,
                  "height",
                  16,
                  "width",
                  16,
                  "channels",
                  16,
                  "attention",
                  List.of(8)));
      try (EagerExecution execution =
          new EagerExecution(network, RandomWeights.of(network, 1), Precision.FP32, 2, 2)) {
        float[] x = new float[4 * 3 * 16 * 16];
        watch(
            steps,
            rss,
            () -> execution.evaluate(x, 4, new float[4], io.jiffusion.network.Conditions.NONE));
      }
    }
    rss.forEach(kilobytes -> System.out.println("rss " + kilobytes));
  }

  private static void watch(int steps, List<Long> rss, Runnable step) throws IOException {
    for (int i = 0; i <= steps; i++) {
      if (i % (steps / 10) == 0) {
        rss.add(resident());
      }
      step.run();
    }
  }

  private static long resident() throws IOException {
    String line =
        Files.readAllLines(STATUS).stream()
            .filter(each -> each.startsWith("VmRSS"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", ""));
  }
}
