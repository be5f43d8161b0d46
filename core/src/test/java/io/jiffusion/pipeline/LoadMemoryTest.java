package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.ChildJvm;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What DDPM's network for CIFAR-10, of 35.7 million parameters, takes to be loaded and compiled.
 * The Java heap is as small as it may be: what a larger one keeps of what nobody needs any more is
 * the virtual machine's choice.
 */
class LoadMemoryTest {
  @TempDir Path folder;

  @Test
  @EnabledOnOs(OS.LINUX) // which tells a process its memory
  void aModelTakesLittleMoreThanItsWeights() throws Exception {
    Path small = write("toy-scurve");
    Path large = write("cifar10");
    Process child =
        ChildJvm.start(
            LoadMemoryTest.class, List.of("-Xmx32m"), small.toString(), large.toString());
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(String.join("\n", lines)).isZero();
    String[] words = lines.get(lines.size() - 1).split(" ");
    System.out.println(
        "loading 35.7 million parameters: "
            + words[0]
            + " s, "
            + words[1]
            + " of the weights' size in memory");
    assertThat(Double.parseDouble(words[1])).isBetween(0.9, 1.3);
  }

  /** A run folder of a preset's network, its weights all alike. */
  private Path write(String preset) {
    RunConfig config = RunConfig.of(preset, List.of());
    Map<String, Array> arrays = new LinkedHashMap<>();
    config
        .network()
        .parameters()
        .forEach(
            parameter ->
                arrays.put(
                    parameter.name(),
                    Array.of(
                        DType.F32,
                        () -> new float[(int) parameter.shape().count()],
                        parameter.shape().sizes())));
    Path run = folder.resolve(preset);
    run.toFile().mkdirs();
    Safetensors.write(run.resolve(RunFolder.WEIGHTS), arrays, Map.of());
    RunFolder.of(config, 1).write(run);
    return run;
  }

  /** The child's part: prints seconds, and memory as a part of the weights' size. */
  public static void main(String[] args) throws IOException {
    Model.load(Path.of(args[0]), ModelOptions.of().precision("fp32")).close(); // the engine
    Path large = Path.of(args[1]);
    long before = resident();
    long began = System.nanoTime();
    try (Model model = Model.load(large, ModelOptions.of().precision("fp32"))) {
      double seconds = (System.nanoTime() - began) * 1e-9;
      double grown = resident() - before;
      System.out.printf(
          java.util.Locale.ROOT,
          "%.2f %.3f%n",
          seconds,
          grown / Files.size(large.resolve(RunFolder.WEIGHTS)));
    }
  }

  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new AssertionError("no VmRSS");
  }
}
