package io.jiffusion.schedule;

/**
 * Improved DDPM's cosine schedule in continuous time, as DPM-Solver and UniPC use it: the squared
 * cosine with offset 0.008, no beta cut, and sampling from 0.9946, where a little signal is left.
 *
 * <p>With {@code phi(t) = (t + 0.008)/1.008 · π/2}, alpha is {@code cos phi(t)/cos phi(0)}.
 */
public record ContinuousCosine() implements NoiseSchedule {
  private static final double OFFSET = 0.008;
  private static final double RATE = Math.PI / 2 / (1 + OFFSET); // dphi/dt
  private static final double PHI_0 = OFFSET * RATE;
  private static final double SIN_0 = Math.sin(PHI_0);
  private static final double COS_0 = Math.cos(PHI_0);

  @Override
  public double alpha(double t) {
    return Math.cos(PHI_0 + RATE * t) / COS_0;
  }

  @Override
  public double sigma(double t) {
    // cos² phi(0) − cos² phi(t), as a product
    return Math.sqrt(Math.sin(RATE * t) * Math.sin(2 * PHI_0 + RATE * t)) / COS_0;
  }

  @Override
  public double f(double t) {
    return -RATE * Math.tan(PHI_0 + RATE * t);
  }

  @Override
  public double g2(double t) {
    return -2 * f(t);
  }

  @Override
  public double timeOf(double lambda) {
    // (sin² phi(t) − sin² phi(0))/cos² phi(t) is e^(−2 lambda)
    double level = Math.exp(-Inverse.checked(this, lambda));
    double phi = Math.atan(Math.hypot(level, SIN_0) / COS_0);
    return Math.min(1, Math.max(0, (phi - PHI_0) / RATE));
  }

  @Override
  public TimeRange range() {
    return new TimeRange(1e-3, 0.9946);
  }
}
