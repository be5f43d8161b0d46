package io.jiffusion.schedule;

/**
 * A straight line from data to noise, {@code x_t = (1 − t) x0 + t eps} (Liu, Gong, Liu: Flow
 * straight and fast, 2023; flow matching with optimal-transport paths, Lipman et al. 2023).
 *
 * <p>Nothing of the data is left at time 1, where half log-SNR is infinite; so samplers start a
 * little earlier by default. A network that predicts velocity, v or x0 can start at 1 itself.
 */
public record RectifiedFlow() implements NoiseSchedule {

  @Override
  public double alpha(double t) {
    return 1 - t;
  }

  @Override
  public double sigma(double t) {
    return t;
  }

  @Override
  public double lambda(double t) {
    return Math.log1p(-t) - Math.log(t);
  }

  @Override
  public double f(double t) {
    return -1 / (1 - t);
  }

  @Override
  public double g2(double t) {
    return 2 * t / (1 - t);
  }

  @Override
  public double timeOf(double lambda) {
    return 1 / (1 + Math.exp(Inverse.checked(this, lambda)));
  }

  @Override
  public TimeRange range() {
    return new TimeRange(1e-3, 0.999);
  }

  @Override
  public TimeRange trainingRange() {
    return new TimeRange(1e-5, 1);
  }
}
