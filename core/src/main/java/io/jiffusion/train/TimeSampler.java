package io.jiffusion.train;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeRange;
import java.util.Locale;

/** How the times of a training step are drawn: which noise is learned how often. */
public enum TimeSampler {
  /**
   * Each uniform over the training's times and independent: line 3 of Algorithm 1 of DDPM (arXiv
   * 2006.11239).
   */
  UNIFORM {
    @Override
    public double[] times(long seed, long step, int count, NoiseSchedule schedule) {
      Key key = new Key(seed, step, Purpose.TIME);
      double[] times = new double[count];
      for (int i = 0; i < count; i++) {
        times[i] = schedule.trainingTime(key.uniform(i));
      }
      return times;
    }
  },

  /**
   * In pairs from both ends, t and T−1−t on a table, which makes the loss of a step less noisy: the
   * rule of ermongroup/ddim.
   */
  ANTITHETIC {
    @Override
    public double[] times(long seed, long step, int count, NoiseSchedule schedule) {
      Key key = new Key(seed, step, Purpose.TIME);
      double[] times = new double[count];
      int half = (count + 1) / 2;
      for (int i = 0; i < count; i++) {
        times[i] = schedule.trainingTime(i < half ? key.uniform(i) : 1 - key.uniform(i - half));
      }
      return times;
    }
  },

  /**
   * The logarithm of the noise level sigma/alpha normal with mean −1.2 and deviation 1.2, where
   * learning pays most: EDM (Karras et al. 2022, arXiv 2206.00364, table 1 and section 5). Beyond
   * the training's times it is cut.
   */
  LOG_NORMAL {
    @Override
    public double[] times(long seed, long step, int count, NoiseSchedule schedule) {
      TimeRange range = schedule.trainingRange();
      double most = schedule.lambda(range.min());
      double least = schedule.lambda(range.max());
      double[] times = new double[count];
      new Key(seed, step, Purpose.TIME).normals(times, 0, count);
      for (int i = 0; i < count; i++) {
        double lambda = 1.2 - 1.2 * times[i]; // −ln σ, ln σ ~ N(P_mean, P_std²)
        times[i] = schedule.timeOf(Math.max(least, Math.min(most, lambda)));
      }
      return times;
    }
  };

  /** The times, [count], of a step of a run. */
  public abstract double[] times(long seed, long step, int count, NoiseSchedule schedule);

  /**
   * The rule of a name as a configuration writes it: {@code uniform}, {@code antithetic}, {@code
   * log-normal}.
   */
  public static TimeSampler of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
