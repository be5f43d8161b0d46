package io.jiffusion.schedule;

/**
 * The number by which a network that was trained on T steps is told the time: {@code (t·T −
 * 1)·scale}, so index i of the table gets {@code i·scale}.
 *
 * @param steps T of the training
 * @param scale 1 for most models; {@code 1000/T} for those trained with OpenAI's {@code
 *     rescale_timesteps}
 */
public record TimeLabel(int steps, double scale) {

  public TimeLabel {
    if (steps < 1) {
      throw new IllegalArgumentException("illegal steps: " + steps + ", must be 1 or more");
    }
    if (!(scale > 0)) {
      throw new IllegalArgumentException("illegal label scale: " + scale + ", must be above 0");
    }
  }

  /** The index itself. */
  public static TimeLabel index(int steps) {
    return new TimeLabel(steps, 1);
  }

  /** OpenAI's {@code rescale_timesteps}: indices are stretched to 0 … 1000, whatever T is. */
  public static TimeLabel rescaled(int steps) {
    return new TimeLabel(steps, 1000.0 / steps);
  }

  /**
   * The label at time t; within 1e-9 of an index it is the index, so that {@code t·T} may be
   * rounded.
   */
  public double at(double t) {
    double index = t * steps - 1;
    double whole = Math.rint(index);
    return (Math.abs(index - whole) <= DiscreteBetas.SNAP ? whole : index) * scale;
  }
}
