package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Some of a file's arrays under other names. */
final class Renamed implements ArrayFile {
  private final ArrayFile file;
  private final Map<String, String> names;
  private final Map<String, Info> arrays = new LinkedHashMap<>();

  /**
   * A view of a file.
   *
   * @param names the file's name for each of ours
   */
  Renamed(ArrayFile file, Map<String, String> names) {
    this.file = file;
    this.names = names;
    names.forEach((ours, theirs) -> arrays.put(ours, file.arrays().get(theirs)));
  }

  private String name(String ours) {
    String theirs = names.get(ours);
    if (theirs == null) {
      throw new JiffusionException(file.path() + " has no array " + ours);
    }
    return theirs;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Map<String, Info> arrays() {
    return arrays;
  }

  @Override
  public float[] floats(String name) {
    return file.floats(name(name));
  }

  @Override
  public float[] floats(String name, long from, int count) {
    return file.floats(name(name), from, count);
  }

  @Override
  public double[] doubles(String name) {
    return file.doubles(name(name));
  }

  @Override
  public long[] longs(String name) {
    return file.longs(name(name));
  }

  @Override
  public void close() {
    file.close();
  }
}
