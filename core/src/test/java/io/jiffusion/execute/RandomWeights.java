package io.jiffusion.execute;

import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.Random;

/** Weights none of which is zero or one, so that every parameter shows in the output. */
public final class RandomWeights {
  private RandomWeights() {}

  public static Params of(Network network, long seed) {
    Random random = new Random(seed);
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      long[] sizes = parameter.shape().sizes();
      double fan = Math.max(1, parameter.shape().count() / sizes[0]);
      float[] values =
          floats(
              random,
              (int) parameter.shape().count(),
              sizes.length == 1 ? 0.1 : 1 / Math.sqrt(fan));
      if (parameter.init().equals(io.jiffusion.network.Init.ONE)) {
        for (int i = 0; i < values.length; i++) {
          values[i] += 1;
        }
      }
      try (Scope scope = Scope.open()) {
        params.put(parameter.name(), Tensor.of(values, sizes));
      }
    }
    return params;
  }

  public static float[] floats(Random random, int count, double scale) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = (float) (scale * random.nextGaussian());
    }
    return out;
  }
}
