package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import io.jiffusion.schedule.Between;
import java.util.List;
import java.util.Map;

/**
 * Conventions of other programs that differ from ours, each left out where it does not.
 *
 * @param label how the network is told the time, one of {@link #LABELS}
 * @param dataRange the range of the images that the process knows, one of {@link #RANGES}; left
 *     out, the first
 * @param betas the table, in place of the schedule's
 * @param zeroSnr whether the table is changed so that nothing is left of the image at its end (Lin
 *     et al.: Common diffusion noise schedules and sample steps are flawed, 2023)
 * @param endAlphaBar ᾱ at the end of the table, in place of what it would be: diffusers' 2⁻²⁴,
 *     where all samplers can start
 * @param singlePrecision whether the table is that of 32-bit floats, as PyTorch multiplies them up
 * @param between how the noise level goes between the steps of the table, {@code noise-level} or
 *     {@code log-noise-level}
 * @param clipRange largest size of a clipped value; left out, 1
 * @param threshold of the predicted image in place of clipping, as {@code --threshold} takes it
 * @param start size of the state that sampling starts from, one of {@link #STARTS}; left out, the
 *     standard deviation of the process at its end
 * @param sampler that sample takes by itself, such as {@code ddim:eta=0}
 * @param spacing of its steps
 * @param steps that sample takes by itself
 * @param nullClass the row of the class table that stands for "no class", in a model that was
 *     trained with one but does not say which
 * @param differs where this sampler is not as the other program has it, and by how much
 */
public record Conventions(
    @LeftOut String label,
    @LeftOut String dataRange,
    @LeftOut List<Double> betas,
    @LeftOut Boolean zeroSnr,
    @LeftOut Double endAlphaBar,
    @LeftOut Boolean singlePrecision,
    @LeftOut Between between,
    @LeftOut Double clipRange,
    @LeftOut String threshold,
    @LeftOut String start,
    @LeftOut String sampler,
    @LeftOut String spacing,
    @LeftOut Integer steps,
    @LeftOut Integer nullClass,
    @LeftOut String differs) {

  /** None differs. */
  public static final Conventions OURS =
      Binder.bind(Conventions.class, new Tree(Map.of(), "conventions of our own"));

  /**
   * Ways to tell the time: the index of a table, the index times 1000/T, 999·t, 1000·t, sigma, a
   * quarter of the logarithm of the noise level, the logarithm of half of sigma, the index whose
   * noise level is the nearest, the index and 1000·t rounded or cut to whole numbers.
   */
  public static final List<String> LABELS = Labels.names();

  /** Ranges of images: from −1 to 1, or from 0 to 1. */
  public static final List<String> RANGES = List.of("signed", "unsigned");

  /**
   * Sizes of the first state: {@code noise}, sigma times normal numbers, or {@code noise-and-data},
   * the root of alpha² + sigma² times them, at the first of the sampler's times.
   */
  public static final List<String> STARTS = List.of("noise", "noise-and-data");

  public Conventions {
    betas = betas == null ? null : List.copyOf(betas);
    if (label != null) {
      Check.oneOf(LABELS, "label", label);
    }
    if (dataRange != null) {
      Check.oneOf(RANGES, "dataRange", dataRange);
    }
    Check.that(clipRange == null || clipRange > 0, "clipRange", clipRange, "must be above 0");
    if (start != null) {
      Check.oneOf(STARTS, "start", start);
    }
    Check.that(
        endAlphaBar == null || endAlphaBar > 0 && endAlphaBar < 1,
        "endAlphaBar",
        endAlphaBar,
        "must be above 0 and below 1");
    if (steps != null) {
      Check.range("steps", steps, 1, ProcessConfig.MOST_STEPS);
    }
    Check.that(nullClass == null || nullClass >= 0, "nullClass", nullClass, "must be 0 or more");
  }

  /** Whether the process knows images in [0, 1]; outside of it they are in [−1, 1]. */
  public boolean unsigned() {
    return "unsigned".equals(dataRange);
  }

  /** These with another value of a key, named as in {@code run.json}; null leaves it out. */
  public Conventions with(String key, Object value) {
    return Binder.with(this, key, value);
  }
}
