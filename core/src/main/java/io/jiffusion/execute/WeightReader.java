package io.jiffusion.execute;

import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.WeightSource;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The parameters of a network, read when they are needed; large ones in pieces, so that a model of
 * gigabytes is packed without ever lying whole on the heap.
 */
final class WeightReader {
  private static final int PIECE = 1 << 16;

  private final WeightSource source;
  private final Map<String, Long> counts = new HashMap<>();

  WeightReader(Network network, WeightSource source) {
    this.source = source;
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      counts.put(parameter.name(), parameter.shape().count());
    }
  }

  /** A whole parameter, row-major. */
  synchronized float[] all(String name) {
    return read(name, 0, Math.toIntExact(counts.get(name)));
  }

  /** Puts a whole parameter into a buffer. */
  void into(FloatBuffer to, String name) {
    into(to, name, 0, counts.get(name));
  }

  /** Puts some numbers of a parameter, from one on, into a buffer. */
  synchronized void into(FloatBuffer to, String name, long from, long count) {
    for (long at = 0; at < count; at += PIECE) {
      to.put(read(name, from + at, (int) Math.min(PIECE, count - at)));
    }
  }

  private float[] read(String name, long from, int count) {
    float[] floats = source.floats(name, from, count);
    if (floats == null || floats.length != count) {
      throw new IllegalArgumentException(
          "illegal weights of "
              + name
              + ": "
              + (floats == null ? "null" : floats.length + " values")
              + ", must be "
              + count
              + " from number "
              + from
              + " on, as they were asked for");
    }
    return floats;
  }
}
