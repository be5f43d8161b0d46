package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jiffusion.ChildJvm;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Home;
import io.jiffusion.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Models that come and go, and many callers of one: nothing is left behind. */
class ManyModelsTest {
  private static final Path BUNDLED = Home.folder().resolve("models").resolve("mnist");
  private static final int CALLERS = 20;
  private static final int MEGABYTE = 1 << 20;

  @TempDir Path folder;

  /** As many loads as 300 times the system property {@code jiffusion.test.size}. */
  @Test
  @EnabledOnOs(OS.LINUX) // which tells a process its memory and its files
  void modelsThatAreClosedLeaveNothingBehind() throws Exception {
    Path damaged = Files.createDirectory(folder.resolve("damaged"));
    Files.copy(BUNDLED.resolve("run.json"), damaged.resolve("run.json"));
    byte[] weights = Files.readAllBytes(BUNDLED.resolve(RunFolder.WEIGHTS));
    Files.write(damaged.resolve(RunFolder.WEIGHTS), Arrays.copyOf(weights, weights.length / 2));
    Process child =
        ChildJvm.start(
            ManyModelsTest.class,
            List.of("-Xmx64m"),
            damaged.toString(),
            "" + Math.round(300 * ChildJvm.size()));
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(String.join("\n", lines)).isZero();
    String[] grown = lines.get(lines.size() - 1).split(" ");
    System.out.println(lines.get(lines.size() - 1));
    assertThat(Integer.parseInt(grown[0])).as("threads").isZero();
    // Java itself may have held one more at the first count than at the second.
    assertThat(Integer.parseInt(grown[1])).as("open files").isNotPositive();
    assertThat(Integer.parseInt(grown[2])).as("native handles").isZero();
    assertThat(Integer.parseInt(grown[3])).as("megabytes").isLessThan(30);
  }

  /** The child's part: prints by how much threads, files, native handles and memory grew. */
  public static void main(String[] args) throws Exception {
    Path damaged = Path.of(args[0]);
    for (int i = 0; i < 10; i++) {
      comeAndGo(damaged, i);
    }
    long[] before = held();
    for (int i = 0; i < Integer.parseInt(args[1]); i++) {
      comeAndGo(damaged, i);
    }
    long[] after = held();
    // A thread that has nothing more to do ends a moment after its pool has.
    for (int i = 0; i < 100 && after[0] != before[0]; i++) {
      Thread.sleep(50);
      after = held();
    }
    print(before, after);
  }

  private static void print(long[] before, long[] after) {
    IntStream.range(0, before.length)
        .forEach(i -> System.out.print(after[i] - before[i] + (i < 3 ? " " : "\n")));
  }

  private static void comeAndGo(Path damaged, int seed) {
    ModelOptions options = ModelOptions.of().precision("fp32");
    try (Model model = Model.load(BUNDLED, options)) {
      model.sample(SampleRequest.of(1).steps(1).seed(seed));
    }
    if (catchThrowable(() -> Model.load(damaged, options)) == null) {
      throw new AssertionError("half of the weights were enough");
    }
  }

  private static long[] held() throws IOException {
    long threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("jiffusion"))
            .count();
    long files;
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      files = open.count();
    }
    long resident =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmRSS"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / MEGABYTE)
            .sum();
    return new long[] {threads, files, Torch.liveHandles(), resident};
  }

  @Test
  void manyCallersOfOneModelGetWhatEachGetsAlone() throws Exception {
    try (Model model = Model.load(BUNDLED, ModelOptions.of().precision("fp32"))) {
      List<byte[]> alone =
          IntStream.range(0, CALLERS).mapToObj(i -> model.sample(request(i)).bytes()).toList();
      for (ExecutorService callers : List.of(Executors.newFixedThreadPool(CALLERS), virtual())) {
        List<Callable<byte[]>> calls =
            IntStream.range(0, CALLERS)
                .mapToObj(i -> (Callable<byte[]>) () -> model.sample(request(i)).bytes())
                .toList();
        List<Future<byte[]>> together = callers.invokeAll(calls);
        for (int i = 0; i < CALLERS; i++) {
          assertThat(together.get(i).get()).isEqualTo(alone.get(i));
        }
        callers.shutdown();
      }
    }
  }

  private static SampleRequest request(int i) {
    return SampleRequest.of(1).steps(2).seed(i).classes(i % 10);
  }

  /** Virtual threads where Java has them, else one more pool. */
  private static ExecutorService virtual() throws ReflectiveOperationException {
    return Runtime.version().feature() < 21
        ? Executors.newCachedThreadPool()
        : (ExecutorService)
            Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }
}
