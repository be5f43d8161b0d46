package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * The variance with which a step of the reverse process fits the data best, among those that are
 * the same for every value (Bao, Li, Zhu, Zhang: Analytic-DPM: an analytic estimate of the optimal
 * reverse variance in diffusion probabilistic models, 2022, arXiv 2201.06503; {@code
 * reverse_ddpm_ms_eps} of its {@code reverse_ddpm.py}): the posterior's own, and what is not known
 * of the data behind the state. The latter follows from the mean square of the noise that the model
 * predicts, measured once: where it predicts all of the noise, the data are known.
 *
 * @param noise mean square of a value of the predicted noise at times 1/T, 2/T, … 1; [T], from 0 to
 *     1, where 1 leaves the posterior's variance alone. Interpolated linearly between them
 */
// Equal by value, as its equals says.
@SuppressWarnings("ArrayRecordComponent")
public record OptimalVariance(double[] noise) implements ReverseVariance {

  public OptimalVariance {
    if (noise.length == 0) {
      throw new IllegalArgumentException("illegal noise: no values, must be 1 or more");
    }
    for (int i = 0; i < noise.length; i++) {
      if (!(noise[i] >= 0)) {
        throw new IllegalArgumentException(
            "illegal noise " + i + ": " + noise[i] + ", must be a mean square, 0 or more");
      }
    }
    noise = noise.clone();
  }

  /**
   * Measures the table at every time i/T over data, each at every time with noise of its own: image
   * j's is that of the seed, j and the time, so a data set may come in batches of any size.
   */
  public static final class Measurement {
    private final NoiseSchedule schedule;
    private final long seed;
    private final double[] squares;
    private long images;
    private int imageSize;

    /**
     * Begins a measurement.
     *
     * @param steps T
     * @param seed of the noise
     */
    public Measurement(NoiseSchedule schedule, int steps, long seed) {
      if (steps < 1) {
        throw new IllegalArgumentException("illegal steps: " + steps + ", must be 1 or more");
      }
      this.schedule = schedule;
      this.seed = seed;
      this.squares = new double[steps];
    }

    /** Adds more images, with the denoiser of theirs; T evaluations. */
    public void add(Denoiser denoiser, Batch x0) {
      int size = x0.imageSize();
      imageSize = size;
      for (int i = 0; i < squares.length; i++) {
        double t = (i + 1.0) / squares.length;
        double alpha = schedule.alpha(t);
        double sigma = schedule.sigma(t);
        double[] z = new double[x0.data().length];
        for (int image = 0; image < x0.images(); image++) {
          new Key(seed, (images + image) * squares.length + i, Purpose.NOISE)
              .normals(z, image * size, size);
        }
        Batch xt = Batch.lincomb(alpha, x0, sigma, x0.with(z));
        double[] eps = denoiser.at(xt, t).eps(schedule, xt, t).data();
        for (double value : eps) {
          squares[i] += value * value;
        }
      }
      images += x0.images();
    }

    /** The variance that follows from all images so far. */
    public OptimalVariance result() {
      if (images == 0) {
        throw new IllegalStateException("no image was measured: add some before the result");
      }
      return new OptimalVariance(
          Arrays.stream(squares).map(sum -> sum / images / imageSize).toArray());
    }
  }

  @Override
  public DoubleUnaryOperator step(NoiseSchedule schedule, double t, double s) {
    double variance = of(schedule, t, s);
    return raw -> variance;
  }

  @Override
  public DoubleUnaryOperator decoder(NoiseSchedule schedule, double before, double t) {
    return step(schedule, t, 0);
  }

  /** The variance σ² of the step from t to s, of every value alike. */
  public double of(NoiseSchedule schedule, double t, double s) {
    // σ² = β̃ + c²·(1 − ᾱ_t)/ᾱ_t·(1 − Γ_t), c the posterior's factor of x0, Γ_t = E‖ε(x_t)‖²/d
    Posterior posterior = Posterior.of(schedule, t, s);
    double spread = posterior.x0() * schedule.sigma(t) / schedule.alpha(t);
    return posterior.variance() + spread * spread * (1 - Math.min(1, noise(t)));
  }

  /** The table at time t. */
  private double noise(double t) {
    double position = Math.min(noise.length - 1, Math.max(0, t * noise.length - 1));
    int below = (int) position;
    double fraction = position - below;
    return fraction == 0
        ? noise[below]
        : (1 - fraction) * noise[below] + fraction * noise[below + 1];
  }

  /** The table, a copy. */
  @Override
  public double[] noise() {
    return noise.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OptimalVariance variance && Arrays.equals(noise, variance.noise);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(noise);
  }

  @Override
  public String toString() {
    return "optimal variance of " + noise.length + " times";
  }
}
