package io.jiffusion.schedule;

/**
 * The variance-exploding SDE, SMLD's process in continuous time: alpha is 1, and sigma grows
 * geometrically from sigmaMin at time 0, so that the noise never ends entirely (Song et al.:
 * Score-based generative modeling through stochastic differential equations, 2021, arXiv
 * 2011.13456, eq. 9: {@code dx = √(d[σ²(t)]/dt) dw}).
 *
 * @param sigmaMin noise at time 0, above 0; 0.01 in the paper
 * @param sigmaMax noise at time 1; about the largest distance between two images, 50 for CIFAR-10
 */
public record VarianceExploding(double sigmaMin, double sigmaMax) implements NoiseSchedule {

  public VarianceExploding {
    checkSigmas(sigmaMin, sigmaMax);
  }

  @Override
  public double alpha(double t) {
    return 1;
  }

  @Override
  public double sigma(double t) {
    return sigmaMin * Math.pow(sigmaMax / sigmaMin, t);
  }

  @Override
  public double lambda(double t) {
    return -Math.log(sigmaMin) - t * growth();
  }

  @Override
  public double f(double t) {
    return 0;
  }

  @Override
  public double g2(double t) {
    double sigma = sigma(t);
    return 2 * growth() * sigma * sigma;
  }

  @Override
  public double timeOf(double lambda) {
    double time = (-Inverse.checked(this, lambda) - Math.log(sigmaMin)) / growth();
    return Math.min(1, Math.max(0, time));
  }

  @Override
  public double priorStd() {
    return sigmaMax;
  }

  @Override
  public TimeRange range() {
    return new TimeRange(1e-5, 1);
  }

  private double growth() {
    return Math.log(sigmaMax / sigmaMin);
  }

  static void checkSigmas(double sigmaMin, double sigmaMax) {
    if (!(sigmaMin > 0 && sigmaMax > sigmaMin && sigmaMax < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "illegal noise levels: from "
              + sigmaMin
              + " to "
              + sigmaMax
              + ", must be above 0 and ascending");
    }
  }
}
