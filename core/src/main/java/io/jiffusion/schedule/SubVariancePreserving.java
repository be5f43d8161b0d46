package io.jiffusion.schedule;

/**
 * The sub-VP SDE: alpha of the {@linkplain VariancePreserving VP SDE}, but a variance that is
 * smaller at every time, {@code sigma = 1 − alpha²} without a root (Song et al.: Score-based
 * generative modeling through stochastic differential equations, 2021, arXiv 2011.13456, eq. 12:
 * {@code dx = −½·β·x dt + √(β·(1 − e^(−2·∫β ds))) dw}).
 *
 * @param betaMin beta at time 0, at least 0; 0.1 in the paper
 * @param betaMax beta at time 1, at least betaMin and above 0; 20 in the paper
 */
public record SubVariancePreserving(double betaMin, double betaMax) implements NoiseSchedule {

  public SubVariancePreserving {
    VariancePreserving.checkBetas(betaMin, betaMax);
  }

  @Override
  public double alpha(double t) {
    return Math.exp(logAlpha(t));
  }

  @Override
  public double sigma(double t) {
    return -Math.expm1(2 * logAlpha(t));
  }

  @Override
  public double lambda(double t) {
    return logAlpha(t) - Math.log(sigma(t));
  }

  @Override
  public double f(double t) {
    return -0.5 * VariancePreserving.beta(t, betaMin, betaMax);
  }

  @Override
  public double g2(double t) {
    return VariancePreserving.beta(t, betaMin, betaMax) * -Math.expm1(4 * logAlpha(t));
  }

  @Override
  public double timeOf(double lambda) {
    // 1/alpha − alpha = e^−lambda, and the left side is 2 sinh(−log alpha)
    double integral = 2 * Inverse.asinh(0.5 * Math.exp(-Inverse.checked(this, lambda)));
    return VariancePreserving.time(integral, betaMin, betaMax);
  }

  @Override
  public TimeRange trainingRange() {
    return new TimeRange(1e-5, 1);
  }

  private double logAlpha(double t) {
    return VariancePreserving.logAlpha(t, betaMin, betaMax);
  }
}
