package io.jiffusion.base;

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
}
