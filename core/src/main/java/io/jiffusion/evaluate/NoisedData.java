package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.Images;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;

/** The forward process on a run's data, to be looked at. */
public final class NoisedData {
  private NoisedData() {}

  /**
   * The first examples of the data at a time, {@code alpha(t)·x0 + sigma(t)·eps}, with the same eps
   * for every time.
   *
   * @param count how many, at most as many as there are
   * @param time in [0, 1]: 0 is the data, 1 the noise
   */
  public static Images of(RunConfig config, int count, double time, long seed) {
    Dataset data = config.dataset();
    Check.that(
        count >= 1 && count <= data.size(), "count", count, "must be from 1 to " + data.size());
    NoiseSchedule schedule = config.process().noiseSchedule();
    int size = data.exampleSize();
    float[] x0 = new float[size];
    double[] eps = new double[size];
    double[] xt = new double[count * size];
    for (int i = 0; i < count; i++) {
      data.example(i, x0, 0);
      new Key(seed, i, Purpose.NOISE).normals(eps, 0, size);
      for (int j = 0; j < size; j++) {
        xt[i * size + j] = schedule.alpha(time) * x0[j] + schedule.sigma(time) * eps[j];
      }
    }
    return Images.of(count, data.channels(), data.height(), data.width(), xt, true);
  }
}
