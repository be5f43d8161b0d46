package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;

/**
 * The variational bound of the negative log likelihood in bits per dimension, term by term: what
 * the last state says of the data, what each step of the reverse process loses, and a decoder of
 * bytes (Ho, Jain, Abbeel: Denoising diffusion probabilistic models, 2020, arXiv 2006.11239, eq. 5
 * and 13; with learned variances as Nichol, Dhariwal: Improved denoising diffusion probabilistic
 * models, 2021, arXiv 2102.09672).
 *
 * @param denoiser the model; OpenAI's evaluation clips it
 * @param schedule its forward process
 * @param grid the steps of the reverse process, the last of them to no noise
 * @param variance of the steps
 */
public record VariationalBound(
    Denoiser denoiser, NoiseSchedule schedule, TimeGrid grid, ReverseVariance variance) {

  public VariationalBound {
    if (!grid.endsWithoutNoise()) {
      throw new IllegalArgumentException(
          "illegal grid: it ends at t = "
              + grid.time(grid.steps())
              + ", must end at 0: the bound is that of the data");
    }
  }

  /**
   * The bound of some images.
   *
   * @param prior what the last state still says of the data, [B]
   * @param terms of each step in the order of the grid, the decoder's last, [B][steps]
   * @param x0Error mean squared error of the predicted data, [B][steps]
   * @param epsError mean squared error of the predicted noise, [B][steps]
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Bound(double[] prior, double[][] terms, double[][] x0Error, double[][] epsError) {

    /** All terms together: the bound in bits per dimension, [B]. */
    public double[] total() {
      double[] total = prior.clone();
      Arrays.setAll(total, image -> total[image] + Arrays.stream(terms[image]).sum());
      return total;
    }
  }

  /**
   * The whole bound, each term at one state drawn for it: one evaluation a step.
   *
   * @param x0 bytes as numbers from −1 to 1, [B, C, H, W]
   * @param seeds of the images, [B]: an image's bound depends on its seed alone
   */
  public Bound of(Batch x0, long... seeds) {
    return of(
        x0,
        k -> {
          double[] z = new double[x0.data().length];
          for (int image = 0; image < x0.images(); image++) {
            new Key(seeds[image], k, Purpose.NOISE)
                .normals(z, image * x0.imageSize(), x0.imageSize());
          }
          return x0.with(z);
        });
  }

  /** The whole bound, with the noise of each step given. */
  public Bound of(Batch x0, IntFunction<Batch> noise) {
    int images = x0.images();
    double[][] terms = new double[images][grid.steps()];
    double[][] x0Error = new double[images][grid.steps()];
    double[][] epsError = new double[images][grid.steps()];
    for (int k = 0; k < grid.steps(); k++) {
      double alpha = schedule.alpha(grid.time(k));
      double sigma = schedule.sigma(grid.time(k));
      Batch z = noise.apply(k);
      Batch xt = Batch.lincomb(alpha, x0, sigma, z);
      Prediction prediction = denoiser.at(xt, grid.time(k));
      Batch eps = prediction.eps(schedule, xt, grid.time(k));
      double[] term = term(x0, xt, k, prediction);
      double[] ofData = meanSquares(Batch.lincomb(1, prediction.x0(), -1, x0));
      double[] ofNoise = meanSquares(Batch.lincomb(1, eps, -1, z));
      for (int image = 0; image < images; image++) {
        terms[image][k] = term[image];
        x0Error[image][k] = ofData[image];
        epsError[image][k] = ofNoise[image];
      }
    }
    return new Bound(prior(x0), terms, x0Error, epsError);
  }

  /**
   * One term at a given state.
   *
   * @param xt states at the time of step k
   * @param k number of the step in the grid
   * @return bits per dimension, [B]
   */
  public double[] term(Batch x0, Batch xt, int k) {
    return term(x0, xt, k, denoiser.at(xt, grid.time(k)));
  }

  private double[] term(Batch x0, Batch xt, int k, Prediction prediction) {
    double t = grid.time(k);
    double s = grid.time(k + 1);
    Posterior posterior = Posterior.of(schedule, t, s);
    // μ̃(x_t, x̂0) of the model and μ̃(x_t, x0) of the forward process, eq. 7
    double[] mean = Batch.lincomb(posterior.x0(), prediction.x0(), posterior.xt(), xt).data();
    double[] target = Batch.lincomb(posterior.x0(), x0, posterior.xt(), xt).data();
    DoubleUnaryOperator of =
        s == 0
            ? variance.decoder(schedule, grid.time(Math.max(0, k - 1)), t)
            : variance.step(schedule, t, s);
    double[] raw = variance.raw(prediction);
    double[] nats = new double[mean.length];
    for (int i = 0; i < nats.length; i++) {
      double logVariance = Math.log(of.applyAsDouble(raw == null ? 0 : raw[i]));
      // L_0 = −log p(x_0 | x_1), eq. 13, or L_{t−1} = KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t))
      nats[i] =
          s == 0
              ? -Gaussian.logProbability(x0.data()[i], mean[i], 0.5 * logVariance)
              : Gaussian.divergence(
                  target[i], Math.log(posterior.variance()), mean[i], logVariance);
    }
    return bits(x0.with(nats));
  }

  /** What the state at the first time still says of the data, [B]. */
  public double[] prior(Batch x0) {
    // L_T = KL(q(x_T | x_0) ‖ p(x_T))
    double alpha = schedule.alpha(grid.time(0));
    double sigma = schedule.sigma(grid.time(0));
    double std = schedule.priorStd();
    return bits(
        x0.with(
            Arrays.stream(x0.data())
                .map(x -> Gaussian.divergence(alpha * x, 2 * Math.log(sigma), 0, 2 * Math.log(std)))
                .toArray()));
  }

  /** The mean over an image, in bits, [B]. */
  private static double[] bits(Batch nats) {
    double[] bits = new double[nats.images()];
    for (int i = 0; i < nats.data().length; i++) {
      bits[i / nats.imageSize()] += nats.data()[i] / (nats.imageSize() * Math.log(2));
    }
    return bits;
  }

  private static double[] meanSquares(Batch x) {
    double[] means = new double[x.images()];
    for (int i = 0; i < x.data().length; i++) {
      means[i / x.imageSize()] += x.data()[i] * x.data()[i] / x.imageSize();
    }
    return means;
  }
}
