package io.jiffusion.schedule;

/**
 * EDM's process: alpha is 1 and the noise level is the time itself, here in units of sigmaMax
 * (Karras, Aittala, Aila, Laine: Elucidating the design space of diffusion-based generative models,
 * 2022, arXiv 2206.00364, table 1: {@code σ(t) = t}, {@code s(t) = 1}).
 *
 * @param sigmaMin the least noise that samplers ask for, above 0; 0.002 in the paper
 * @param sigmaMax noise at time 1; 80 in the paper
 */
public record Edm(double sigmaMin, double sigmaMax) implements NoiseSchedule {

  public Edm {
    VarianceExploding.checkSigmas(sigmaMin, sigmaMax);
  }

  @Override
  public double alpha(double t) {
    return 1;
  }

  @Override
  public double sigma(double t) {
    return sigmaMax * t;
  }

  @Override
  public double f(double t) {
    return 0;
  }

  @Override
  public double g2(double t) {
    return 2 * sigmaMax * sigmaMax * t;
  }

  @Override
  public double timeOf(double lambda) {
    return Math.min(1, Math.exp(-Inverse.checked(this, lambda)) / sigmaMax);
  }

  @Override
  public double priorStd() {
    return sigmaMax;
  }

  @Override
  public TimeRange range() {
    return new TimeRange(sigmaMin / sigmaMax, 1);
  }
}
