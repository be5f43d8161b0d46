package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays that lie in a file, or in several, of any format, and are read when asked for. What
 * the arrays are is known on opening; no value is read before it is asked for. Safe for reading
 * from several threads.
 */
public interface ArrayFile extends AutoCloseable {

  /**
   * What an array is.
   *
   * @param type its elements
   * @param shape sizes, outermost first; empty for a single number
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Info(DType type, long[] shape) {

    /** Number of elements. */
    public long count() {
      long count = 1;
      for (long size : shape) {
        count *= size;
      }
      return count;
    }
  }

  /** The file, or the folder or index of several, for messages. */
  Path path();

  /** The arrays by name. */
  Map<String, Info> arrays();

  /** A floating array as floats: halves exactly, doubles rounded. */
  default float[] floats(String name) {
    return floats(name, 0, Math.toIntExact(arrays().get(name).count()));
  }

  /** Elements {@code from … from+count−1} of a floating array. */
  float[] floats(String name, long from, int count);

  /** A floating array as doubles, exactly; as it stands, for a format of no more than floats. */
  default double[] doubles(String name) {
    float[] floats = floats(name);
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /**
   * An integer or boolean array; U64 as its bits. As it stands, for a format that has none.
   *
   * @throws JiffusionException if it is of another kind
   */
  default long[] longs(String name) {
    throw new JiffusionException(path() + " has no whole numbers in " + name);
  }

  /**
   * The arrays whose names begin with a prefix, under their names without it. Closing it closes
   * this file.
   */
  default ArrayFile under(String prefix) {
    Map<String, String> inside = new LinkedHashMap<>();
    for (String name : arrays().keySet()) {
      if (name.startsWith(prefix)) {
        inside.put(name.substring(prefix.length()), name);
      }
    }
    return renamed(inside);
  }

  /**
   * Some of the arrays under other names. Closing it closes this file.
   *
   * @param names this file's name of each
   */
  default ArrayFile renamed(Map<String, String> names) {
    return new Renamed(this, names);
  }

  @Override
  void close();
}
