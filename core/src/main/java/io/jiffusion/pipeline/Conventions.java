package io.jiffusion.pipeline;

import io.jiffusion.run.ByValue;
import io.jiffusion.run.Optional;
import java.util.List;

/**
 * Conventions of other programs that differ from ours, each left out where it does not.
 *
 * @param label how the network is told the time, one of {@link #LABELS}
 * @param dataRange the range of the images that the process knows, one of {@link #RANGES}; left
 *     out, the first
 * @param betas the table, in place of the schedule's
 * @param zeroSnr whether the table is changed so that nothing is left of the image at its end (Lin
 *     et al.: Common diffusion noise schedules and sample steps are flawed, 2023)
 * @param singlePrecision whether the table is that of 32-bit floats, as PyTorch multiplies them up
 * @param clipRange largest size of a clipped value; left out, 1
 * @param sampler that sample takes by itself, such as {@code ddim:eta=0}
 * @param spacing of its steps
 * @param steps that sample takes by itself
 * @param nullClass the row of the class table that stands for "no class", in a model that was
 *     trained with one but does not say which
 */
public record Conventions(
    @Optional String label,
    @Optional String dataRange,
    @Optional double[] betas,
    @Optional Boolean zeroSnr,
    @Optional Boolean singlePrecision,
    @Optional Double clipRange,
    @Optional String sampler,
    @Optional String spacing,
    @Optional Integer steps,
    @Optional Integer nullClass) {

  /** None differs. */
  static final Conventions OURS =
      new Conventions(null, null, null, null, null, null, null, null, null, null);

  /**
   * Ways to tell the time: the index of a table, the index times 1000/T, 999·t, 1000·t, sigma, a
   * quarter of the logarithm of the noise level, the logarithm of half of sigma, and the index
   * whose noise level is the nearest.
   */
  public static final List<String> LABELS =
      List.of(
          "index",
          "rescaled",
          "999t",
          "1000t",
          "sigma",
          "log-noise-level",
          "log-half-sigma",
          "nearest-index");

  /** Ranges of images: from −1 to 1, or from 0 to 1. */
  public static final List<String> RANGES = List.of("signed", "unsigned");

  public Conventions {
    if (label != null) {
      Check.oneOf(LABELS, "label", label);
    }
    if (dataRange != null) {
      Check.oneOf(RANGES, "dataRange", dataRange);
    }
    Check.that(clipRange == null || clipRange > 0, "clipRange", clipRange, "must be above 0");
    if (steps != null) {
      Check.range("steps", steps, 1, ProcessConfig.MOST_STEPS);
    }
    Check.that(nullClass == null || nullClass >= 0, "nullClass", nullClass, "must be 0 or more");
  }

  /** With this label only. */
  static Conventions label(String label) {
    return new Conventions(label, null, null, null, null, null, null, null, null, null);
  }

  @Override
  public boolean equals(Object other) {
    return ByValue.equal(this, other);
  }

  @Override
  public int hashCode() {
    return ByValue.hash(this);
  }
}
