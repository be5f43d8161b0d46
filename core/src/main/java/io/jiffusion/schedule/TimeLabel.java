package io.jiffusion.schedule;

/**
 * How a network is told the time: the number that its embedding takes.
 *
 * <p>A label is a convention of the training and breaks silently: a network told another number
 * answers for another time.
 */
@FunctionalInterface
public interface TimeLabel {

  /** The label at time t. */
  double at(double t);

  /** The index of a network that was trained on T steps, {@code t·T − 1}. */
  static TimeLabel index(int steps) {
    return trained(steps, 1);
  }

  /** The index as a whole number, rounded: diffusers, where its times are found by noise levels. */
  static TimeLabel roundedIndex(int steps) {
    TimeLabel index = index(steps);
    return t -> Math.rint(index.at(t));
  }

  /** The index as a whole number, cut: diffusers, where it does not round. */
  static TimeLabel flooredIndex(int steps) {
    TimeLabel index = index(steps);
    return t -> Math.floor(index.at(t));
  }

  /** OpenAI's {@code rescale_timesteps}: indices are stretched to 0 … 1000, whatever T is. */
  static TimeLabel rescaled(int steps) {
    return trained(steps, 1000.0 / steps);
  }

  /** A multiple of the time: 999 for the VP and sub-VP SDEs, 1000 for rectified flow. */
  static TimeLabel scaled(double factor) {
    return t -> factor * t;
  }

  /** A multiple of the time, cut to a whole number: rectified flow in diffusers' DPM-Solver. */
  static TimeLabel floored(double factor) {
    return t -> Math.floor(factor * t + DiscreteBetas.SNAP);
  }

  /** Sigma itself: the VE SDE. */
  static TimeLabel sigma(NoiseSchedule schedule) {
    return schedule::sigma;
  }

  /** A quarter of the logarithm of the noise level sigma/alpha: EDM. */
  static TimeLabel logNoiseLevel(NoiseSchedule schedule) {
    return t -> -schedule.lambda(t) / 4;
  }

  /**
   * Within 1e-9 of an index the label is that of the index, so that {@code t·T} may be rounded. No
   * network was told a label below 0: less noise than at index 0 is told as that.
   */
  private static TimeLabel trained(int steps, double scale) {
    if (steps < 1) {
      throw new IllegalArgumentException("illegal steps: " + steps + ", must be 1 or more");
    }
    return t -> {
      double index = t * steps - 1;
      double whole = Math.rint(index);
      return Math.max(0, Math.abs(index - whole) <= DiscreteBetas.SNAP ? whole : index) * scale;
    };
  }
}
