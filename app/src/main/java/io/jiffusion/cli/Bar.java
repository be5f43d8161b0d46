package io.jiffusion.cli;

import io.jiffusion.run.Progress;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;

/** Shows progress on stderr: a bar on a terminal, elsewhere a line every so many units. */
final class Bar implements Consumer<Progress>, AutoCloseable {
  private static final int LINES = 20;
  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintStream err;
  private final boolean terminal;
  private final long every;
  private String unit = "";
  private long drawn;
  private long line;
  private int length;

  /**
   * Makes a bar.
   *
   * @param every units between lines where there is no terminal; 0 for about {@value #LINES} lines
   *     in all
   */
  Bar(PrintStream err, boolean terminal, long every) {
    this.err = err;
    this.terminal = terminal;
    this.every = every;
  }

  Bar(PrintStream err) {
    this(err, Terminal.shows(), 0);
  }

  @Override
  public void accept(Progress progress) {
    boolean last = progress.total() > 0 && progress.done() >= progress.total();
    if (terminal) {
      long now = System.nanoTime();
      if (last || length == 0 || now - drawn >= REDRAW_NANOS) {
        drawn = now;
        draw(text(progress, true));
      }
      return;
    }
    if (!progress.unit().equals(unit)) { // other work begins
      unit = progress.unit();
      line = 0;
    }
    long step = every > 0 ? every : Math.max(1, progress.total() / LINES);
    if (last || progress.done() / step > line) {
      line = progress.done() / step;
      err.println(text(progress, false));
    }
  }

  private void draw(String text) {
    String line = "\r" + text + " ".repeat(Math.max(0, length - text.length()));
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8); // written, for \r goes no other way
    err.write(bytes, 0, bytes.length);
    err.flush();
    length = text.length();
  }

  /** Such as {@code [###### ] 40/160 evaluations, 21.3/s, 0:06 left, loss 0.03}. */
  static String text(Progress progress, boolean bar) {
    StringBuilder text = new StringBuilder();
    if (bar && progress.total() > 0) {
      int full = (int) Math.min(WIDTH, WIDTH * progress.done() / progress.total());
      text.append('[').append("#".repeat(full)).append(" ".repeat(WIDTH - full)).append("] ");
    }
    text.append(progress.done());
    if (progress.total() > 0) {
      text.append('/').append(progress.total());
    }
    text.append(' ').append(progress.unit());
    if (progress.rate() > 0) {
      text.append(
          String.format(
              Locale.ROOT, progress.rate() < 10 ? ", %.2f/s" : ", %.1f/s", progress.rate()));
    }
    if (progress.total() > 0
        && !Double.isNaN(progress.secondsLeft())
        && progress.done() < progress.total()) {
      text.append(", ").append(time(progress.secondsLeft())).append(" left");
    }
    if (!progress.note().isEmpty()) {
      text.append(", ").append(progress.note());
    }
    return text.toString();
  }

  /** Such as {@code 0:07}, {@code 12:30}, {@code 3:05:00}. */
  static String time(double seconds) {
    long s = Math.max(0, Math.round(seconds));
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** Ends the line of the bar, so that what follows starts on its own. */
  @Override
  public void close() {
    if (length > 0) {
      err.println();
      length = 0;
    }
  }
}
