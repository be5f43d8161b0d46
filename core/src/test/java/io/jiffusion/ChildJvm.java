package io.jiffusion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of its own that runs a test's main class. */
public final class ChildJvm {
  private ChildJvm() {}

  /** Starts it with the class path of the tests; its error output joins its output. */
  public static Process start(Class<?> main, List<String> options, String... arguments) {
    return start(command(main, options, System.getProperty("java.class.path"), arguments));
  }

  /** Its command line, with a class path of its own. */
  public static List<String> command(
      Class<?> main, List<String> options, String classPath, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts a command; its error output joins its output. */
  public static Process start(List<String> command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How large the long tests are, 1 being the full size. */
  public static double size() {
    return Double.parseDouble(System.getProperty("jiffusion.test.size", "0.1"));
  }
}
