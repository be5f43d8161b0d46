package io.jiffusion.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What the program is looked at with. */
final class Terminal {
  private static final int USUAL = 80;
  private static final int LEAST = 20;
  private static final int MOST = 400;
  private static final Path STDERR = Path.of("/proc/self/fd/2");
  private static final Path STDOUT = Path.of("/proc/self/fd/1");

  private Terminal() {}

  /** Whether stderr is a terminal, where a line can be drawn over. */
  static boolean shows() {
    return Files.exists(STDERR) ? isTerminal(STDERR) : System.console() != null;
  }

  private static boolean isTerminal(Path stream) {
    try {
      return Files.readSymbolicLink(stream).toString().matches("/dev/(pts/.*|tty.*|console)");
    } catch (IOException e) {
      return false;
    }
  }

  /** Its columns: as COLUMNS says, or the terminal; 80 where nobody knows. */
  static int width() {
    int told = number(System.getenv("COLUMNS"));
    return told > 0 ? told : isTerminal(STDOUT) || shows() ? asked() : USUAL;
  }

  /** What stty says of the terminal that the program was started from. */
  private static int asked() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(1, TimeUnit.SECONDS)) {
        stty.destroy();
        return USUAL;
      }
      String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      int columns = number(size.strip().replaceFirst(".* ", "")); // rows columns
      return columns > 0 ? columns : USUAL;
    } catch (IOException e) {
      return USUAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }

  /** A number of columns; 0 if it is none, or none to work with. */
  private static int number(String text) {
    boolean number = text != null && text.matches("[0-9]{1,6}");
    int columns = number ? Integer.parseInt(text) : 0;
    return columns < LEAST ? 0 : Math.min(columns, MOST);
  }
}
