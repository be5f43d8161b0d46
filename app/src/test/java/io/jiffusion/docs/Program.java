package io.jiffusion.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program as a process of its own, in a working folder. */
final class Program {
  private static final long LIMIT_SECONDS = 300;

  private final Process process;
  private final Path out;
  private final Path err;

  /** What an ended process left. */
  record Ended(int code, String out, String err) {
    /** The last line on stdout that is not empty. */
    String lastLine() {
      return out.strip().lines().reduce("", (before, line) -> line).strip();
    }

    /** The command at the end of a line that starts so, without the program's own name. */
    List<String> commandAfter(String start) {
      String line = (out + err).lines().filter(l -> l.startsWith(start)).findFirst().orElseThrow();
      return Documents.words(line.substring(line.indexOf("jiffusion ")));
    }
  }

  private Program(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Runs a command to its end. */
  static Ended run(Path folder, String... words) throws IOException, InterruptedException {
    return run(folder, List.of(words));
  }

  static Ended run(Path folder, List<String> words) throws IOException, InterruptedException {
    return start(folder, List.of(), words).await();
  }

  /**
   * Starts a command.
   *
   * @param options of the JVM
   */
  static Program start(Path folder, List<String> options, List<String> words) throws IOException {
    Path out = Files.createTempFile("out", ".txt");
    Path err = Files.createTempFile("err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command(options, words))
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1"); // as the launcher does
    return new Program(builder.start(), out, err);
  }

  /** The command line of the process. */
  static List<String> command(List<String> options, List<String> words) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("os.name").startsWith("Linux")) {
      // What a shell puts in the background ignores Ctrl-C, and so would all that it starts.
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED"); // the jar says it in its manifest
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.jiffusion.cli.Main"));
    command.addAll(words);
    return command;
  }

  /** Waits for a text on stderr. */
  void awaitOnStderr(String text) throws IOException, InterruptedException {
    while (process.isAlive() && !Files.readString(err).contains(text)) {
      Thread.sleep(50);
    }
  }

  /** Waits until a file has so many bytes. */
  void awaitFile(Path file, long bytes) throws IOException, InterruptedException {
    while (process.isAlive() && (!Files.exists(file) || Files.size(file) < bytes)) {
      Thread.sleep(5);
    }
  }

  /** What nobody can prepare for. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** What Ctrl-C does. */
  void interrupt() throws IOException, InterruptedException {
    interrupt(process);
  }

  static void interrupt(Process process) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -INT " + process.pid()).start().waitFor();
  }

  Ended await() throws IOException, InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    Ended ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return ended;
  }

  /** A small model of digits, made in a moment: its process has 20 steps, its weights one. */
  static void trainSmall(Path folder, String name) throws IOException, InterruptedException {
    Ended ended =
        run(
            folder,
            Documents.words(
                "train mnist --out "
                    + name
                    + " --steps 1 --set train.batch=2 --set process.steps=20"
                    + " --set network.unet.channels=8 --set network.unet.multipliers=[1,2]"
                    + " --set network.unet.attention=[]"));
    if (ended.code != 0) {
      throw new AssertionError(ended.err);
    }
  }
}
