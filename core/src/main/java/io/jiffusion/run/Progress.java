package io.jiffusion.run;

/**
 * How far a piece of work is.
 *
 * @param unit what is counted, in the plural: "evaluations", "steps", "images"
 * @param done how many are done
 * @param total how many there will be
 * @param seconds time since the work began
 * @param note a short text beside the numbers, such as {@code loss 0.0312}; may be empty
 */
public record Progress(String unit, long done, long total, double seconds, String note) {

  /** Units a second so far; 0 before the first. */
  public double rate() {
    return seconds > 0 ? done / seconds : 0;
  }

  /** Seconds until the end at the present rate; NaN before the first unit. */
  public double secondsLeft() {
    return done > 0 ? seconds / done * (total - done) : Double.NaN;
  }
}
