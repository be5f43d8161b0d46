package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;
import java.util.Arrays;

/**
 * Guidance by a weaker model: what the strong one knows and the weak one does not is amplified,
 * {@code x̂0 = x̂0(weak) + scale·(x̂0(strong) − x̂0(weak))}. The same combination of the predicted
 * noises gives the same, since both are linear in each other at a given state.
 *
 * <p>With the model's own "no class" as the weak one this is classifier-free guidance (Ho,
 * Salimans: Classifier-free diffusion guidance, 2022, arXiv 2207.12598, eq. 6, whose w is scale −
 * 1); with a smaller or less trained model, autoguidance (Karras et al.: Guiding a diffusion model
 * with a bad version of itself, 2024, arXiv 2406.02507, eq. 3).
 *
 * <p>Where both are the same model with other classes, one evaluation sends one batch of 2B images
 * through it, first the strong ones. Where one of the two is superfluous (scale 1: strong only, 0:
 * weak only, and outside of the interval) it is not asked.
 *
 * @param strong the model to be improved
 * @param weak the guide, at the same states
 * @param scale 1 is the strong model as it is, more is farther away from the weak one
 * @param after guidance acts at times above this one, and up to {@code until} (Kynkäänniemi et al.:
 *     Applying guidance in a limited interval improves sample and distribution quality in diffusion
 *     models, 2024, arXiv 2404.07724); elsewhere the strong model is taken as it is
 * @param until the last time, that of the most noise, at which guidance acts
 * @param rescale how far the guided x̂0 of each image is brought back to the standard deviation of
 *     the strong one, from 0 to 1 (Lin et al.: Common diffusion noise schedules and sample steps
 *     are flawed, 2024, arXiv 2305.08891, section 3.4; φ there, where it is the network's output
 *     that is brought back)
 */
public record Guidance(
    Denoiser strong, Denoiser weak, double scale, double after, double until, double rescale)
    implements PerImage {

  public Guidance {
    if (!(scale >= 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException(
          "illegal guidance: " + scale + ", must be 0 or more; 1 is no guidance");
    }
    if (!(after >= 0 && after < until && until <= 1)) {
      throw new IllegalArgumentException(
          "illegal guidance interval: "
              + after
              + " to "
              + until
              + ", must be two times from 0 to 1 that ascend");
    }
    if (!(rescale >= 0 && rescale <= 1)) {
      throw new IllegalArgumentException(
          "illegal guidance rescale: " + rescale + ", must be from 0 to 1; 0 rescales nothing");
    }
  }

  /** Guidance at all times. */
  public Guidance(Denoiser strong, Denoiser weak, double scale) {
    this(strong, weak, scale, 0, 1, 0);
  }

  /**
   * Classifier-free guidance.
   *
   * @param model knows the classes and "none"
   * @param classes the class of each image, [B]
   * @param none the class that stands for "no class" in the training
   */
  public Guidance(ConditionalDenoiser model, int[] classes, int none, double scale) {
    this(model.of(classes), model.all(classes.length, none), scale);
  }

  /** The same guidance, only at times above {@code after} and up to {@code until}. */
  public Guidance during(double after, double until) {
    return new Guidance(strong, weak, scale, after, until, rescale);
  }

  /**
   * The same guidance, only at noise levels sigma/alpha above {@code low} and up to {@code high},
   * as the paper of the interval states it; levels that the schedule does not reach are its ends.
   */
  public Guidance duringLevels(NoiseSchedule schedule, double low, double high) {
    return during(time(schedule, low), time(schedule, high));
  }

  /** The same guidance, brought back to the strong model's standard deviation. */
  public Guidance rescaled(double share) {
    return new Guidance(strong, weak, scale, after, until, share);
  }

  private static double time(NoiseSchedule schedule, double level) {
    if (level <= schedule.noiseLevel(0)) {
      return 0;
    }
    return level >= schedule.noiseLevel(1) ? 1 : schedule.timeOf(-Math.log(level));
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    double[] scales = Arrays.stream(t).map(this::scaleAt).toArray(); // [B]
    if (Arrays.stream(scales).allMatch(w -> w == 1)) {
      return strong.at(xt, t);
    }
    if (Arrays.stream(scales).allMatch(w -> w == 0)) {
      return weak.at(xt, t);
    }
    int images = xt.images();
    Prediction given;
    Batch free;
    if (strong instanceof Conditioned a && weak instanceof Conditioned b && a.sharesModel(b)) {
      Prediction doubled = a.and(b).at(xt.concat(xt), twice(t));
      given = doubled.slice(0, images);
      free = doubled.x0().slice(images, images);
    } else {
      given = strong.at(xt, t);
      free = weak.at(xt, t).x0();
    }
    // D_w = w·D_1 + (1 − w)·D_0, eq. 3 of autoguidance; in terms of noise and with w − 1 for w
    // ε̃ = (1 + w)·ε(z, c) − w·ε(z), eq. 6 of classifier-free guidance
    double[] rests = Arrays.stream(scales).map(w -> 1 - w).toArray();
    Batch guided = Batch.lincomb(new double[][] {scales, rests}, given.x0(), free);
    if (rescale > 0) {
      guided = guided.times(factors(given.x0().std(), guided.std()));
    }
    return new Prediction(guided, guided, given.variance(), given.shift()); // the strong model's
  }

  private double scaleAt(double t) {
    return t > after && t <= until ? scale : 1;
  }

  /** {@code φ·std(strong)/std(guided) + 1 − φ} for each image. */
  private double[] factors(double[] strong, double[] guided) {
    double[] factors = new double[guided.length];
    for (int image = 0; image < guided.length; image++) {
      factors[image] =
          guided[image] == 0 ? 1 : rescale * strong[image] / guided[image] + 1 - rescale;
    }
    return factors;
  }

  private static double[] twice(double[] t) {
    double[] both = Arrays.copyOf(t, 2 * t.length);
    System.arraycopy(t, 0, both, t.length, t.length);
    return both;
  }
}
