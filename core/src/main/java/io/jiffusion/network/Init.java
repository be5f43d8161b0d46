package io.jiffusion.network;

import io.jiffusion.random.Key;
import java.util.Arrays;

/**
 * How a parameter starts.
 *
 * @param kind the distribution
 * @param scale half-width of a uniform, standard deviation of a normal, the value of a constant
 */
public record Init(Kind kind, double scale) {

  /** The distributions in use. */
  public enum Kind {
    UNIFORM,
    NORMAL,
    CONSTANT
  }

  public static final Init ZERO = new Init(Kind.CONSTANT, 0);
  public static final Init ONE = new Init(Kind.CONSTANT, 1);

  public static Init normal(double std) {
    return new Init(Kind.NORMAL, std);
  }

  /**
   * Uniform with variance {@code scale / ((fanIn + fanOut)/2)}: DDPM's variance scaling, which for
   * scale 1 is Glorot's. A scale of 0 gives zeros.
   */
  public static Init fanAverage(double scale, long fanIn, long fanOut) {
    return new Init(Kind.UNIFORM, Math.sqrt(3 * scale / ((fanIn + fanOut) / 2.0)));
  }

  /** The starting values, drawn from a key; row-major. */
  public float[] values(Key key, int count) {
    float[] out = new float[count];
    switch (kind) {
      case CONSTANT -> Arrays.fill(out, (float) scale);
      case UNIFORM -> {
        for (int i = 0; i < count; i++) {
          out[i] = (float) (scale * (2 * key.uniform(i) - 1));
        }
      }
      case NORMAL -> {
        double[] draws = new double[count];
        key.normals(draws, 0, count);
        for (int i = 0; i < count; i++) {
          out[i] = (float) (scale * draws[i]);
        }
      }
    }
    return out;
  }
}
