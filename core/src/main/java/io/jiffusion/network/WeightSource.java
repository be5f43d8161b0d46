package io.jiffusion.network;

/** Where the weights of a network come from: a file, an array, a formula. */
@FunctionalInterface
public interface WeightSource {
  /**
   * Some numbers of a parameter, float32, row-major. Called by one thread at a time.
   *
   * @param name of the parameter
   * @param from the first of them
   */
  float[] floats(String name, long from, int count);
}
