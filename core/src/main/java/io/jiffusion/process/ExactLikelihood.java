package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Arrays;

/**
 * The exact likelihood of data under a model: the probability flow carries the data to noise, whose
 * density is known, and its divergence on the way is the change of the log density (Song et al.:
 * Score-based generative modeling through stochastic differential equations, 2021, arXiv
 * 2011.13456, appendix D.2).
 *
 * <p>The divergence is estimated without bias along random directions, the probes (Hutchinson;
 * Skilling), one for each image and solution: {@code vᵀJv} with v of −1 and 1. Several solutions
 * with different probes tell the error of the estimate.
 *
 * @param denoiser the model
 * @param schedule its forward process
 * @param from the first time, at least the least noisy of the training; the data are taken as
 *     states at that time
 * @param to the last time, at which states are taken as normal with the schedule's {@code priorStd}
 * @param solver of the flow, with its tolerances and groups; a row of it is an image and its log
 *     density
 */
public record ExactLikelihood(
    Differentiable denoiser, NoiseSchedule schedule, double from, double to, DormandPrince solver) {

  public ExactLikelihood {
    if (!(from > 0 && from < to && to <= 1)) {
      throw new IllegalArgumentException(
          "illegal times: "
              + from
              + " to "
              + to
              + ", must ascend from above 0 to at most 1; the paper's are 1e-5 and 1");
    }
  }

  /** All of the schedule's training, tolerances of 1e-5, each image for itself. */
  public ExactLikelihood(Differentiable denoiser, NoiseSchedule schedule) {
    this(
        denoiser,
        schedule,
        schedule.trainingRange().min(),
        schedule.trainingRange().max(),
        new DormandPrince(1e-5, 1e-5, 1));
  }

  /**
   * Where the flow has led.
   *
   * @param logDensity of each image, in nats, [B]
   * @param latent the noise that encodes the images, [B, C, H, W]
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Encoded(double[] logDensity, Batch latent) {}

  /**
   * Bits per dimension over several probes.
   *
   * @param mean of each image, [B]
   * @param error standard error of the mean, [B]; not a number for a single probe
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Bits(double[] mean, double[] error) {}

  /**
   * Encodes images, and finds their log density, estimated with one probe.
   *
   * @param x continuous values, [B, C, H, W]
   * @param probe values −1 and 1, [B, C, H, W]
   */
  public Encoded encode(Batch x, Batch probe) {
    int images = x.images();
    int size = x.imageSize();
    double[] end =
        solver.solve(
            (t, y) -> slope(t, split(x, y), probe),
            joined(x, new double[images]),
            images,
            from,
            to,
            (trial, t, y) -> {});
    Batch latent = split(x, end);
    double[] logDensity = new double[images];
    double std = schedule.priorStd();
    for (int image = 0; image < images; image++) {
      double squares = 0;
      for (int i = image * size; i < (image + 1) * size; i++) {
        squares += latent.data()[i] * latent.data()[i];
      }
      double prior = -0.5 * (squares / (std * std) + size * Math.log(2 * Math.PI * std * std));
      // log p_0(x(0)) = log p_T(x(T)) + ∫ ∇·f̃(x(t), t) dt, eq. 39
      logDensity[image] = prior + end[image * (size + 1) + size];
    }
    return new Encoded(logDensity, latent);
  }

  /** The flow's slope, and its divergence along the probe as the slope of the log density. */
  private double[] slope(double[] t, Batch x, Batch probe) {
    Batch slope = ProbabilityFlow.slope(denoiser, schedule, t, x);
    // ∇·f̃ ≈ εᵀ·∇f̃·ε, eq. 40, ε being the probe
    Batch pulled = denoiser.pullback(x, t, probe);
    double[] divergence = new double[t.length];
    for (int image = 0; image < t.length; image++) {
      ProbabilityFlow flow = ProbabilityFlow.of(schedule, t[image]);
      for (int i = image * x.imageSize(); i < (image + 1) * x.imageSize(); i++) {
        double v = probe.data()[i];
        divergence[image] += flow.state() * v * v + flow.data() * v * pulled.data()[i];
      }
    }
    return joined(slope, divergence);
  }

  /**
   * Bits per dimension of quantised images: how many bits a value of theirs costs on average.
   *
   * <p>A density needs continuous values: each value is spread evenly over its level, which bounds
   * the likelihood of the levels from below. For every probe it is spread anew, so the error is
   * that of both.
   *
   * @param images values in [−1, 1] on {@code 2^depth} evenly spaced levels, both ends included,
   *     [B, C, H, W]
   * @param depth bits of a value: 8 for bytes
   * @param probes how often the likelihood is estimated, at least 1
   * @param seeds of the images, [B]
   */
  public Bits bitsPerDimension(Batch images, int depth, int probes, long... seeds) {
    if (probes < 1 || depth < 1 || depth > 16) {
      throw new IllegalArgumentException(
          "illegal probes: "
              + probes
              + ", must be 1 or more; or illegal depth: "
              + depth
              + ", must be from 1 to 16 bits");
    }
    double[] sum = new double[images.images()];
    double[] squares = new double[images.images()];
    for (int probe = 0; probe < probes; probe++) {
      Encoded encoded =
          encode(dequantised(images, depth, probe, seeds), probe(images, probe, seeds));
      for (int image = 0; image < sum.length; image++) {
        double bits = bits(encoded.logDensity[image], images.imageSize(), level(depth));
        double before = probe == 0 ? bits : sum[image] / probe;
        sum[image] += bits;
        squares[image] += (bits - before) * (bits - sum[image] / (probe + 1));
      }
    }
    double[] mean = Arrays.stream(sum).map(total -> total / probes).toArray();
    double[] error =
        Arrays.stream(squares)
            .map(total -> probes == 1 ? Double.NaN : Math.sqrt(total / (probes - 1) / probes))
            .toArray();
    return new Bits(mean, error);
  }

  /**
   * Bits per dimension of a log density.
   *
   * @param logDensity in nats
   * @param dimensions values of an image
   * @param level width of the levels on which the values were, in the units of the density: 2/255
   *     where bytes became [−1, 1], 2/256 in the authors' program
   */
  public static double bits(double logDensity, int dimensions, double level) {
    return -(logDensity / dimensions + Math.log(level)) / Math.log(2);
  }

  /** Images with every value moved evenly within its level. */
  static Batch dequantised(Batch images, int depth, int draw, long... seeds) {
    double[] out = images.data().clone();
    for (int i = 0; i < out.length; i++) {
      Key key = new Key(seeds[i / images.imageSize()], draw, Purpose.DEQUANTISE);
      out[i] += level(depth) * (key.uniform(i % images.imageSize()) - 0.5);
    }
    return images.with(out);
  }

  /** The probe of a number, −1 or 1 for every value. */
  static Batch probe(Batch like, int draw, long... seeds) {
    double[] out = new double[like.data().length];
    for (int i = 0; i < out.length; i++) {
      Key key = new Key(seeds[i / like.imageSize()], draw, Purpose.PROBE);
      out[i] = key.bits(i % like.imageSize()) < 0 ? -1 : 1;
    }
    return like.with(out);
  }

  private static double level(int depth) {
    return 2.0 / ((1 << depth) - 1);
  }

  /** Rows of an image and its log density. */
  private static double[] joined(Batch x, double[] logDensity) {
    int size = x.imageSize();
    double[] rows = new double[x.data().length + logDensity.length];
    for (int image = 0; image < logDensity.length; image++) {
      System.arraycopy(x.data(), image * size, rows, image * (size + 1), size);
      rows[image * (size + 1) + size] = logDensity[image];
    }
    return rows;
  }

  private static Batch split(Batch like, double[] rows) {
    int size = like.imageSize();
    double[] x = new double[like.data().length];
    for (int image = 0; image < like.images(); image++) {
      System.arraycopy(rows, image * (size + 1), x, image * size, size);
    }
    return like.with(x);
  }
}
