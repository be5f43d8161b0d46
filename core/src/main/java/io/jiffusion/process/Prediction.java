package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;

/**
 * What a denoiser says of a noisy state.
 *
 * @param x0 the predicted data x̂0, [B, C, H, W], clipped if the denoiser clips
 * @param raw x̂0 before any clipping, from which some samplers take the noise; the same as {@code
 *     x0} where nothing clips
 * @param variance the network's raw variance channels, [B, C, H, W]; null where it has none. Read
 *     only by ancestral sampling and the variational bound
 * @param shift what the mean of an ancestral step is shifted by, times the step's variance, [B, C,
 *     H, W]; null for nothing. Read only by ancestral sampling
 */
public record Prediction(Batch x0, Batch raw, Batch variance, Batch shift) {

  /** A prediction that shifts no mean. */
  public Prediction(Batch x0, Batch raw, Batch variance) {
    this(x0, raw, variance, null);
  }

  /** A prediction that is not clipped. */
  public Prediction(Batch x0, Batch variance) {
    this(x0, x0, variance);
  }

  /**
   * A prediction of data alone: nothing clipped, no variance, no shift. What a denoiser of your own
   * returns.
   */
  public Prediction(Batch x0) {
    this(x0, null);
  }

  /** The noise that the predicted data leave of their state: {@code (x_t − alpha·x̂0)/sigma}. */
  public Batch eps(NoiseSchedule schedule, Batch xt, double t) {
    double sigma = schedule.sigma(t);
    return Batch.lincomb(1 / sigma, xt, -schedule.alpha(t) / sigma, x0);
  }

  /** This prediction with clipped data; {@code raw} stays what it was. */
  Prediction clipped(Batch data) {
    return new Prediction(data, raw, variance, shift);
  }

  /** This prediction with something added to the data, before and after clipping. */
  Prediction moved(Batch by) {
    Batch data = Batch.lincomb(1, x0, 1, by);
    return new Prediction(data, raw == x0 ? data : Batch.lincomb(1, raw, 1, by), variance, shift);
  }

  /** This prediction with something added to the shift. */
  Prediction shifted(Batch by) {
    return new Prediction(x0, raw, variance, shift == null ? by : Batch.lincomb(1, shift, 1, by));
  }

  /** The prediction of {@code count} images from the given one on. */
  Prediction slice(int first, int count) {
    Batch data = x0.slice(first, count);
    return new Prediction(
        data,
        raw == x0 ? data : raw.slice(first, count),
        variance == null ? null : variance.slice(first, count),
        shift == null ? null : shift.slice(first, count));
  }

  /** This prediction, from an image on replaced by another one of the same batch. */
  Prediction withImages(int first, Prediction other) {
    Batch data = x0.withImages(first, other.x0);
    return new Prediction(
        data,
        raw == x0 && other.raw == other.x0 ? data : raw.withImages(first, other.raw),
        variance == null ? null : variance.withImages(first, other.variance),
        shift == null ? null : shift.withImages(first, other.shift));
  }
}
