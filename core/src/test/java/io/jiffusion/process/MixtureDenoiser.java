package io.jiffusion.process;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Arrays;
import java.util.Map;

/**
 * The exact denoiser of data that follow a Gaussian mixture with diagonal covariances; with one
 * component, of a Gaussian.
 *
 * @param weights [K]
 * @param means [K][values of an image]
 * @param stds [K][values of an image]
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record MixtureDenoiser(
    NoiseSchedule schedule, double[] weights, double[][] means, double[][] stds)
    implements Differentiable {

  /** Data of one Gaussian, the same for every value of an image. */
  public static MixtureDenoiser gaussian(NoiseSchedule schedule, double mean, double std) {
    return new MixtureDenoiser(
        schedule, new double[] {1}, new double[][] {{mean}}, new double[][] {{std}});
  }

  /** The mixture of a fixture: {@code plane}, images of 2x1x1, or {@code image}, of 3x4x4. */
  public static MixtureDenoiser of(NoiseSchedule schedule, String name) {
    Map<String, Array> tensors = Fixtures.tensors("mixture/" + name + ".safetensors");
    double[] weights = tensors.get("weights").values();
    double[][] means = new double[weights.length][];
    double[][] stds = new double[weights.length][];
    for (int k = 0; k < weights.length; k++) {
      means[k] = tensors.get("means").row(k);
      stds[k] = tensors.get("stds").row(k);
    }
    return new MixtureDenoiser(schedule, weights, means, stds);
  }

  @Override
  public Prediction at(Batch xt, double t) {
    return new Prediction(x0(xt, schedule.alpha(t), schedule.sigma(t)));
  }

  /** The mean of the data given the state. */
  public Batch x0(Batch xt, double alpha, double sigma) {
    int size = xt.imageSize();
    double[] x0 = new double[xt.data().length];
    for (int image = 0; image < xt.images(); image++) {
      double[] shares = shares(xt, image, alpha, sigma);
      for (int k = 0; k < weights.length; k++) {
        for (int j = 0; j < size; j++) {
          x0[image * size + j] += shares[k] * mean(k, j, xt.data()[image * size + j], alpha, sigma);
        }
      }
    }
    return xt.with(x0);
  }

  @Override
  public Batch pullback(Batch xt, double[] t, Batch cotangent) {
    int size = xt.imageSize();
    double[] gradient = new double[xt.data().length];
    for (int image = 0; image < xt.images(); image++) {
      double alpha = schedule.alpha(t[image]);
      double sigma = schedule.sigma(t[image]);
      double[] shares = shares(xt, image, alpha, sigma);
      double[] along = new double[weights.length]; // of each component's mean, the cotangent's way
      double average = 0;
      for (int k = 0; k < weights.length; k++) {
        for (int j = 0; j < size; j++) {
          int at = image * size + j;
          along[k] += cotangent.data()[at] * mean(k, j, xt.data()[at], alpha, sigma);
        }
        average += shares[k] * along[k];
      }
      for (int k = 0; k < weights.length; k++) {
        for (int j = 0; j < size; j++) {
          int at = image * size + j;
          double v = variance(k, j, alpha, sigma);
          double gain = alpha * square(stds[k][j % stds[k].length]) / v;
          double slope =
              -(xt.data()[at] - alpha * mean(k, j)) / v; // of the component's log density
          gradient[at] += shares[k] * (gain * cotangent.data()[at] + (along[k] - average) * slope);
        }
      }
    }
    return xt.with(gradient);
  }

  /** Log density of states at a time, [B]. */
  public double[] logDensity(Batch xt, double t) {
    double[] out = new double[xt.images()];
    for (int image = 0; image < out.length; image++) {
      double[] logs = logs(xt, image, schedule.alpha(t), schedule.sigma(t));
      double highest = Arrays.stream(logs).max().orElseThrow();
      out[image] =
          highest
              + Math.log(Arrays.stream(logs).map(log -> Math.exp(log - highest)).sum())
              - 0.5 * xt.imageSize() * Math.log(2 * Math.PI);
    }
    return out;
  }

  /** How probable each component is behind a state, [K]. */
  private double[] shares(Batch xt, int image, double alpha, double sigma) {
    double[] shares = logs(xt, image, alpha, sigma); // loops, not streams: half of all tests' time
    double highest = Double.NEGATIVE_INFINITY;
    for (double log : shares) {
      highest = Math.max(highest, log);
    }
    double sum = 0;
    for (int k = 0; k < shares.length; k++) {
      shares[k] = Math.exp(shares[k] - highest);
      sum += shares[k];
    }
    for (int k = 0; k < shares.length; k++) {
      shares[k] /= sum;
    }
    return shares;
  }

  /** Logarithm of weight times density of each component, without the factor of pi, [K]. */
  private double[] logs(Batch xt, int image, double alpha, double sigma) {
    double[] logs = new double[weights.length];
    for (int k = 0; k < weights.length; k++) {
      logs[k] = Math.log(weights[k]);
      for (int j = 0; j < xt.imageSize(); j++) {
        double v = variance(k, j, alpha, sigma);
        double off = xt.data()[image * xt.imageSize() + j] - alpha * mean(k, j);
        logs[k] -= 0.5 * (off * off / v + Math.log(v));
      }
    }
    return logs;
  }

  /** The mean of a value of the data in a component, given the value of the state. */
  private double mean(int k, int j, double x, double alpha, double sigma) {
    double gain = alpha * square(stds[k][j % stds[k].length]) / variance(k, j, alpha, sigma);
    return mean(k, j) + gain * (x - alpha * mean(k, j));
  }

  private double variance(int k, int j, double alpha, double sigma) {
    return alpha * alpha * square(stds[k][j % stds[k].length]) + sigma * sigma;
  }

  /** One mean stands for all values of an image, and so does one standard deviation. */
  private double mean(int k, int j) {
    return means[k][j % means[k].length];
  }

  private static double square(double x) {
    return x * x;
  }
}
