package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changed files of every kind in a small heap: each is read, or refused by a sentence, within
 * seconds. The number of each kind is 2,000 times the system property {@code jiffusion.test.size}.
 */
class MutationTest {
  private static final int EACH = 2000;
  private static final long HANG_NANOS = 10_000_000_000L;

  @TempDir Path folder;

  @Test
  void everyMutantIsReadOrRefusedByASentence() throws Exception {
    int each = (int) (EACH * ChildJvm.size());
    Process child =
        ChildJvm.start(
            MutationTest.class,
            List.of("-Xmx256m", "-XX:MaxDirectMemorySize=16m", "-Djava.awt.headless=true"),
            arguments(each));
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor()).as(String.join("\n", lines)).isZero();
    for (String kind : MutationKinds.NAMES) {
      assertThat(lines).anyMatch(line -> line.startsWith(kind + ": " + each + " mutants, "));
    }
  }

  private String[] arguments(int each) {
    Path memory = Path.of("/dev/shm"); // a disk would be most of the time
    String[] arguments = {
      Files.isWritable(memory) ? memory.toString() : folder.toString(), String.valueOf(each)
    };
    return arguments;
  }

  /**
   * The child's part.
   *
   * @param args a folder, how many of each kind, then the kinds, all if there are none
   */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path folder = Files.createTempDirectory(Path.of(args[0]), "mutants");
    List<String> kinds =
        args.length > 2 ? Arrays.asList(args).subList(2, args.length) : MutationKinds.NAMES;
    int failures = 0;
    for (String kind : kinds) {
      Path own = Files.createDirectories(folder.resolve(kind));
      failures += new MutationTest().run(new MutationKinds(own).make(kind), args[1], out);
    }
    try (var all = Files.walk(folder)) {
      all.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  private final AtomicLong started = new AtomicLong(); // 0 while nothing is read
  private volatile String current = "";

  private int run(MutationKinds.Kind kind, String count, PrintStream out) throws IOException {
    watch(out);
    long start = System.nanoTime();
    long slowest = 0;
    int failures = 0;
    int read = 0;
    int number = Integer.parseInt(count);
    for (int seed = 0; seed < number; seed++) {
      Random random = new Random(seed * 31L + kind.name().hashCode());
      MutationKinds.Sound sound = kind.sounds().get(random.nextInt(kind.sounds().size()));
      Files.write(sound.file(), kind.change().apply(sound.bytes(), random));
      current = kind.name() + ", seed " + seed;
      long from = System.nanoTime();
      started.set(from);
      try {
        kind.reader().read(sound.file());
        read++;
      } catch (JiffusionException | IllegalArgumentException e) {
        failures += sentence(e, out);
      } catch (Throwable e) { // errors too: that is what is looked for
        failures++;
        out.println("FAILED " + current + ": " + e);
        Arrays.stream(e.getStackTrace()).limit(12).forEach(frame -> out.println("  " + frame));
      } finally {
        started.set(0);
        Files.write(sound.file(), sound.bytes()); // others of the kind may look at it
      }
      slowest = Math.max(slowest, System.nanoTime() - from);
    }
    out.printf(
        Locale.ROOT,
        "%s: %d mutants, %d read, %d failures, slowest %d ms, %.1f s%n",
        kind.name(),
        number,
        read,
        failures,
        slowest / 1_000_000,
        (System.nanoTime() - start) / 1e9);
    return failures;
  }

  /** Messages are short, and hold nothing that a terminal obeys. */
  private int sentence(RuntimeException e, PrintStream out) {
    String message = e.getMessage();
    boolean fits =
        (e.getClass() == JiffusionException.class || e.getClass() == IllegalArgumentException.class)
            && message != null
            && message.lines().allMatch(line -> line.length() <= 1001)
            && message.lines().count() <= 41
            && message.chars().noneMatch(c -> c < ' ' && c != '\n' || c >= 0x7F && c < 0xA0);
    if (!fits) {
      out.println("FAILED " + current + ", message of " + e.getClass().getName() + ": " + message);
      Arrays.stream(e.getStackTrace()).limit(12).forEach(frame -> out.println("  " + frame));
    }
    return fits ? 0 : 1;
  }

  private void watch(PrintStream out) {
    Thread reading = Thread.currentThread();
    Thread watch =
        new Thread(
            () -> {
              try {
                while (true) {
                  Thread.sleep(500);
                  long since = started.get();
                  if (since != 0 && System.nanoTime() - since > HANG_NANOS) {
                    out.println("FAILED " + current + ": hangs");
                    for (StackTraceElement frame : reading.getStackTrace()) {
                      out.println("  " + frame);
                    }
                    Runtime.getRuntime().halt(3);
                  }
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    watch.setDaemon(true);
    watch.start();
  }
}
