package io.jiffusion.base;

import java.util.Locale;

/**
 * How far a piece of work is.
 *
 * @param unit what is counted, in the plural: "evaluations", "steps", "images"
 * @param done how many are done
 * @param total how many there will be; 0 where nobody knows
 * @param before how many of those done were there when the work began, as after a resume
 * @param seconds time since the work began
 * @param note a short text beside the numbers, such as {@code loss 0.0312}; may be empty
 */
public record Progress(
    String unit, long done, long total, long before, double seconds, String note) {

  /** Seconds that are told at most: more than this nobody knows. */
  private static final double LONGEST = 99 * 3600;

  /** Of work that began at nothing. */
  public Progress(String unit, long done, long total, double seconds, String note) {
    this(unit, done, total, 0, seconds, note);
  }

  /** The same with another note. */
  public Progress note(String other) {
    return new Progress(unit, done, total, before, seconds, other);
  }

  /** Units a second so far; 0 before the first. */
  public double rate() {
    return seconds > 0 ? (done - before) / seconds : 0;
  }

  /** Seconds until the end at the present rate; NaN before the first unit. */
  public double secondsLeft() {
    return done > before ? seconds / (done - before) * (total - done) : Double.NaN;
  }

  /** A line for people: {@code 350/800 evaluations, 74.2/s, 0:06 left, loss 0.0312}. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder().append(done);
    if (total > 0) {
      line.append('/').append(total);
    }
    line.append(' ').append(unit);
    if (rate() > 0) {
      line.append(String.format(Locale.ROOT, ", %.1f/s", rate()));
      if (total > done) {
        long left = Math.round(Math.min(secondsLeft(), LONGEST));
        line.append(String.format(Locale.ROOT, ", %d:%02d left", left / 60, left % 60));
      }
    }
    return (note.isEmpty() ? line : line.append(", ").append(note)).toString();
  }
}
