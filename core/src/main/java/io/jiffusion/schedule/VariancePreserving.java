package io.jiffusion.schedule;

/**
 * The variance-preserving SDE, DDPM's process in continuous time: beta grows linearly, {@code
 * alpha² + sigma² = 1} (Song et al.: Score-based generative modeling through stochastic
 * differential equations, 2021, arXiv 2011.13456, eq. 11: {@code dx = −½·β(t)·x dt + √β(t) dw}).
 * Sampling ends at 1e-3 there, training at 1e-5.
 *
 * @param betaMin beta at time 0, at least 0; 0.1 in the paper
 * @param betaMax beta at time 1, at least betaMin and above 0; 20 in the paper
 */
public record VariancePreserving(double betaMin, double betaMax) implements NoiseSchedule {

  public VariancePreserving {
    checkBetas(betaMin, betaMax);
  }

  @Override
  public double alpha(double t) {
    return Math.exp(logAlpha(t, betaMin, betaMax));
  }

  @Override
  public double sigma(double t) {
    return Math.sqrt(-Math.expm1(2 * logAlpha(t, betaMin, betaMax)));
  }

  @Override
  public double lambda(double t) {
    return logAlpha(t, betaMin, betaMax) - Math.log(sigma(t));
  }

  @Override
  public double f(double t) {
    return -0.5 * beta(t, betaMin, betaMax);
  }

  @Override
  public double g2(double t) {
    return beta(t, betaMin, betaMax);
  }

  @Override
  public double timeOf(double lambda) {
    // alpha² is the logistic function of 2 lambda
    return time(Inverse.softplus(-2 * Inverse.checked(this, lambda)), betaMin, betaMax);
  }

  @Override
  public TimeRange trainingRange() {
    return new TimeRange(1e-5, 1);
  }

  static double beta(double t, double betaMin, double betaMax) {
    return betaMin + t * (betaMax - betaMin);
  }

  /** Minus half the integral of beta: {@code −¼·t²·(β_max − β_min) − ½·t·β_min}. */
  static double logAlpha(double t, double betaMin, double betaMax) {
    return -0.25 * t * t * (betaMax - betaMin) - 0.5 * t * betaMin;
  }

  /** The time at which the integral of beta has a value: the root of a quadratic equation. */
  static double time(double integral, double betaMin, double betaMax) {
    double root = Math.sqrt(betaMin * betaMin + 2 * (betaMax - betaMin) * integral);
    return integral == 0 ? 0 : Math.min(1, 2 * integral / (root + betaMin));
  }

  static void checkBetas(double betaMin, double betaMax) {
    if (!(betaMin >= 0
        && betaMax >= betaMin
        && betaMax > 0
        && betaMax < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "illegal betas: from "
              + betaMin
              + " to "
              + betaMax
              + ", must be from 0 or more to no less, and end above 0");
    }
  }
}
