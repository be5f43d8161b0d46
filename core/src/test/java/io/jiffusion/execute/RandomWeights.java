package io.jiffusion.execute;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.Random;

/** Weights none of which is zero or one, so that every parameter shows in the output. */
public final class RandomWeights {
  /** Length of a context: the one for which costs are counted. */
  static final int CONTEXT = 77;

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

  /** What the images {@code first … first+count−1} of a fixed row are conditioned on. */
  static Conditions conditions(Network network, int first, int count) {
    int[] classes = network.classes() > 0 ? new int[count] : null;
    boolean attends = network.contextWidth() > 0 && !network.contextOfClass();
    int size = CONTEXT * network.contextWidth();
    float[] context = attends ? new float[count * size] : null;
    for (int i = 0; i < count; i++) {
      if (classes != null) {
        classes[i] = (first + i) % 5;
      }
      if (context != null) {
        float[] own = floats(new Random(1000 + first + i), size, 1);
        System.arraycopy(own, 0, context, i * size, size);
      }
    }
    return new Conditions(classes, context, null, null);
  }

  public static float[] floats(Random random, int count, double scale) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = (float) (scale * random.nextGaussian());
    }
    return out;
  }
}
