package io.jiffusion.process;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Map;

/**
 * The exact denoiser of data that follow a Gaussian mixture with diagonal covariances; with one
 * component, of a Gaussian.
 *
 * @param weights [K]
 * @param means [K][values of an image]
 * @param stds [K][values of an image]
 */
public record MixtureDenoiser(
    NoiseSchedule schedule, double[] weights, double[][] means, double[][] stds)
    implements Denoiser {

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
      double[] logs = new double[weights.length];
      double highest = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < weights.length; k++) {
        logs[k] = Math.log(weights[k]);
        for (int j = 0; j < size; j++) {
          double v = variance(k, j, alpha, sigma);
          double off = xt.data()[image * size + j] - alpha * mean(k, j);
          logs[k] -= 0.5 * (off * off / v + Math.log(v));
        }
        highest = Math.max(highest, logs[k]);
      }
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        logs[k] = Math.exp(logs[k] - highest);
        sum += logs[k];
      }
      for (int k = 0; k < weights.length; k++) {
        for (int j = 0; j < size; j++) {
          double off = xt.data()[image * size + j] - alpha * mean(k, j);
          double gain = alpha * square(stds[k][j % stds[k].length]) / variance(k, j, alpha, sigma);
          x0[image * size + j] += logs[k] / sum * (mean(k, j) + gain * off);
        }
      }
    }
    return xt.with(x0);
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
