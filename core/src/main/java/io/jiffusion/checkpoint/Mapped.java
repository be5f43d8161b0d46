package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Suggestion;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A peer's file seen through a name map: our parameters, under our names, each cut out of the
 * peer's array when it is asked for. Every parameter has its array and every array its parameter;
 * nothing is loaded by luck.
 */
public final class Mapped implements ArrayFile {
  /** Lines of a message at most. */
  private static final int PAGE = 40;

  private final ArrayFile file;
  private final Map<String, Info> arrays = new LinkedHashMap<>();
  private final Map<String, NameMap.Place> sources = new LinkedHashMap<>();
  private String cut; // whose values these are
  private float[] values;

  /**
   * Looks at a file; no values are read.
   *
   * @param file closed with this, and if this cannot be made
   * @param parameters of the network
   * @throws JiffusionException that lists all tensors that are missing, left over, or of a wrong
   *     shape
   */
  public Mapped(ArrayFile file, NameMap map, Collection<Parameter> parameters) {
    this.file = file;
    List<String> problems = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Set<String> left = new TreeSet<>(file.arrays().keySet());
    for (Parameter parameter : parameters) {
      List<NameMap.Place> places = map.places(parameter.name());
      NameMap.Place found =
          places.stream()
              .filter(place -> file.arrays().containsKey(place.name()))
              .findFirst()
              .orElse(null);
      if (found == null) {
        missing.add(places.get(0).name());
        continue;
      }
      left.remove(found.name());
      Info info = file.arrays().get(found.name());
      long[] ours = parameter.shape().sizes();
      long[] must = found.cut().theirs(ours);
      if (!TensorSlice.same(info.shape(), must)) {
        problems.add(
            "wrong shape: "
                + found.name()
                + " is "
                + new Shape(info.shape())
                + ", must be "
                + new Shape(must));
      }
      arrays.put(parameter.name(), new Info(info.type(), ours));
      sources.put(parameter.name(), found);
    }
    left.removeIf(map::ignores);
    missing.forEach(name -> problems.add("missing: " + name + near(name, left)));
    left.forEach(name -> problems.add("not in the network: " + name));
    if (!problems.isEmpty()) {
      file.close();
      throw new JiffusionException(
          file.path()
              + " does not fit the network that its configuration tells ("
              + problems.size()
              + (problems.size() == 1 ? " problem):" : " problems):")
              + String.join("", problems.stream().limit(PAGE).map(line -> "\n  " + line).toList())
              + (problems.size() > PAGE ? "\n  and " + (problems.size() - PAGE) + " more" : ""));
    }
  }

  private static String near(String name, Set<String> left) {
    String near = Suggestion.nearest(name, left);
    return near == null || Suggestion.distance(name, near) > name.length() / 3
        ? ""
        : " (there is " + near + ")";
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
    NameMap.Place place = sources.get(name);
    return place.cut().of(file.floats(place.name()), arrays.get(name).shape());
  }

  /** A cut is made of a whole array, which is kept until another one is asked for. */
  @Override
  public synchronized float[] floats(String name, long from, int count) {
    if (!name.equals(cut)) {
      values = floats(name);
      cut = name;
    }
    return Arrays.copyOfRange(values, Math.toIntExact(from), Math.toIntExact(from + count));
  }

  @Override
  public double[] doubles(String name) {
    throw new UnsupportedOperationException("parameters are floats");
  }

  @Override
  public long[] longs(String name) {
    throw new UnsupportedOperationException("parameters are floats");
  }

  @Override
  public void close() {
    file.close();
  }
}
