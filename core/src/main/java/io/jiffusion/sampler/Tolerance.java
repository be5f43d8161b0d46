package io.jiffusion.sampler;

/**
 * How large the error of a step may be.
 *
 * @param relative to the value, {@code rtol}
 * @param absolute for small values, {@code atol}
 */
public record Tolerance(double relative, double absolute) {
  public Tolerance {
    if (!(relative >= 0 && absolute > 0)) {
      throw new IllegalArgumentException(
          "illegal tolerances: rtol "
              + relative
              + " and atol "
              + absolute
              + ", must be 0 or more and above 0");
    }
  }

  /** Of a value of this size. */
  double of(double size) {
    return Math.max(absolute, relative * size);
  }
}
