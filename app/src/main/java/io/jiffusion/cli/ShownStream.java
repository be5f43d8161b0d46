package io.jiffusion.cli;

import io.jiffusion.base.Shown;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The way of all text to the terminal: whatever is printed may hold words of a file, so what would
 * command the terminal or hide from the reader is shown as its code. Bytes that are written, not
 * printed, pass as they are: so the program's own bars are drawn.
 */
final class ShownStream extends PrintStream {
  ShownStream(PrintStream to) {
    super(to, true, StandardCharsets.UTF_8);
  }

  /** All that is printed or formatted comes through here. */
  @Override
  public void print(String text) {
    super.print(Shown.text(String.valueOf(text)));
  }
}
