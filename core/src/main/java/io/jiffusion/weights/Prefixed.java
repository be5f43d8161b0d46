package io.jiffusion.weights;

import java.nio.file.Path;
import java.util.Map;

/** A part of a file's arrays. */
record Prefixed(ArrayFile file, String prefix, Map<String, ArrayFile.Info> arrays)
    implements ArrayFile {

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public float[] floats(String name) {
    return file.floats(prefix + name);
  }

  @Override
  public float[] floats(String name, long from, int count) {
    return file.floats(prefix + name, from, count);
  }

  @Override
  public double[] doubles(String name) {
    return file.doubles(prefix + name);
  }

  @Override
  public long[] longs(String name) {
    return file.longs(prefix + name);
  }

  @Override
  public void close() {
    file.close();
  }
}
