package io.jiffusion.train;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.Locale;

/** How the time indices of a training step are drawn. */
public enum TimeSampler {
  /** Each uniform in 0 … T−1 and independent: Algorithm 1 of DDPM. */
  UNIFORM {
    @Override
    public int[] indices(long seed, long step, int count, int steps) {
      Key key = new Key(seed, step, Purpose.TIME);
      int[] out = new int[count];
      for (int i = 0; i < count; i++) {
        out[i] = key.below(steps, i);
      }
      return out;
    }
  },

  /**
   * In pairs t and T−1−t, which makes the loss of a step less noisy: the rule of ermongroup/ddim.
   */
  ANTITHETIC {
    @Override
    public int[] indices(long seed, long step, int count, int steps) {
      int[] out = UNIFORM.indices(seed, step, count, steps);
      int half = (count + 1) / 2;
      for (int i = half; i < count; i++) {
        out[i] = steps - 1 - out[i - half];
      }
      return out;
    }
  };

  /** The indices, [count], of a step of a run. */
  public abstract int[] indices(long seed, long step, int count, int steps);

  public static TimeSampler of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
