package io.jiffusion.cli;

import io.jiffusion.base.Progress;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Shows progress on stderr: a bar on a terminal, elsewhere a line every so many units, and after
 * half a minute without one.
 */
final class Bar implements Consumer<Progress>, AutoCloseable {
  private static final int LINES = 20;
  private static final int WIDTH = 24;
  private static final int NARROW = 4;
  private static final long REDRAW_NANOS = 100_000_000;
  private static final long SILENCE_NANOS = 30_000_000_000L;
  private static final double SAMPLE_SECONDS = 0.5;
  private static final double WINDOW_SECONDS = 60;
  private static final double MOST_SECONDS = 99 * 3600;

  private final PrintStream err;
  private final boolean terminal;
  private final long every;
  private final int width;
  private final Deque<Progress> pace = new ArrayDeque<>();
  private String unit = "";
  private long seen;
  private volatile long drawn = System.nanoTime();
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
    this.width = terminal ? Terminal.width() : 0;
  }

  Bar(PrintStream err) {
    this(err, Terminal.shows(), 0);
  }

  @Override
  public void accept(Progress progress) {
    boolean last = progress.total() > 0 && progress.done() >= progress.total();
    if (!progress.unit().equals(unit) || progress.done() < seen) { // other work begins
      unit = progress.unit();
      line = 0;
      pace.clear();
    }
    seen = progress.done();
    keep(progress);
    if (terminal) {
      long now = System.nanoTime();
      if (last || length == 0 || now - drawn >= REDRAW_NANOS) {
        drawn = now;
        draw(text(progress, rate(progress, last), width));
      }
      return;
    }
    long step = every > 0 ? every : Math.max(1, progress.total() / LINES);
    boolean silent = System.nanoTime() - drawn >= SILENCE_NANOS;
    if (last || silent || progress.done() / step > line) {
      line = progress.done() / step;
      line(text(progress, rate(progress, last), 0));
    }
  }

  /** Says something on a line of its own, where there is no terminal. */
  void line(String text) {
    drawn = System.nanoTime();
    err.println(text);
  }

  /** When something was written last, in {@link System#nanoTime}'s time. */
  long drawn() {
    return drawn;
  }

  /** Keeps what is needed to tell how fast the last minute went. */
  private void keep(Progress progress) {
    if (pace.isEmpty() || progress.seconds() - pace.getLast().seconds() >= SAMPLE_SECONDS) {
      pace.add(progress);
    }
    while (pace.size() > 2 && progress.seconds() - pace.getFirst().seconds() > WINDOW_SECONDS) {
      pace.removeFirst();
    }
  }

  /**
   * Units a second of the last minute, the first unit not counted: it warms the machine up. Of work
   * that is done, all of it.
   */
  private double rate(Progress now, boolean last) {
    Progress then = pace.getFirst();
    boolean moved = now.done() > then.done() && now.seconds() > then.seconds();
    return last || !moved
        ? now.rate()
        : (now.done() - then.done()) / (now.seconds() - then.seconds());
  }

  private void draw(String text) {
    String line = "\r" + text + " ".repeat(Math.max(0, length - text.length()));
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8); // written, for \r goes no other way
    err.write(bytes, 0, bytes.length);
    err.flush();
    length = text.length();
  }

  /**
   * Such as {@code [###### ] 40/160 evaluations, 21.3/s, 0:06 left, loss 0.03}.
   *
   * @param rate units a second
   * @param width columns that the text with a bar must fit in; 0 for a text without one, of any
   *     length
   */
  static String text(Progress progress, double rate, int width) {
    StringBuilder text = new StringBuilder();
    text.append(progress.done());
    if (progress.total() > 0) {
      text.append('/').append(progress.total());
    }
    text.append(' ').append(progress.unit());
    if (rate > 0) {
      text.append(String.format(Locale.ROOT, rate < 10 ? ", %.2f/s" : ", %.1f/s", rate));
    }
    if (rate > 0 && progress.done() < progress.total()) {
      text.append(", ").append(time((progress.total() - progress.done()) / rate)).append(" left");
    }
    if (!progress.note().isEmpty()) {
      text.append(", ").append(progress.note());
    }
    return width == 0 ? text.toString() : fitted(progress, text.toString(), width - 1);
  }

  /** With as much of a bar as there is room for; without the end of the text if there is none. */
  private static String fitted(Progress progress, String text, int columns) {
    String rest = text;
    while (rest.length() > columns && rest.contains(", ")) {
      rest = rest.substring(0, rest.lastIndexOf(", "));
    }
    int bar = Math.min(WIDTH, columns - rest.length() - "[] ".length());
    if (progress.total() == 0 || bar < NARROW) {
      return rest.substring(0, Math.min(columns, rest.length()));
    }
    int full = (int) Math.min(bar, bar * progress.done() / progress.total());
    return "[" + "#".repeat(full) + " ".repeat(bar - full) + "] " + rest;
  }

  /** Such as {@code 0:07}, {@code 12:30}, {@code 3:05:00}. */
  static String time(double seconds) {
    if (!(seconds <= MOST_SECONDS)) {
      return "> 99 h";
    }
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
