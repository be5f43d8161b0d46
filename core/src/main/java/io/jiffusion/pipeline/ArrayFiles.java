package io.jiffusion.pipeline;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Images;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.data.Png;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Arrays exchanged with other programs: given noise in; images out as {@code images} ({@code arr_0}
 * in npz, as the field exchanges samples), bytes [N, H, W, C], and {@code values}, floats [N, C, H,
 * W] in [−1, 1].
 */
public final class ArrayFiles {
  private static final String IMAGES = "images";
  private static final String VALUES = "values";

  /** As guided-diffusion's scripts and those of evaluation name samples and their classes. */
  static final String SAMPLES = "arr_0";

  private static final String CLASSES = "arr_1";

  private ArrayFiles() {}

  /**
   * Reads the only array of a file.
   *
   * @param file npy, npz or safetensors, told by its name
   * @throws JiffusionException if it is none of these, damaged, or has not exactly one array
   */
  public static float[] read(Path file) {
    String name = file.toString();
    if (name.endsWith(".npy")) {
      return Npy.read(file).floats();
    }
    if (name.endsWith(".npz")) {
      Map<String, Npy> arrays = Npz.read(file);
      return arrays.get(only(file, arrays.keySet())).floats();
    }
    if (name.endsWith(".safetensors")) {
      try (SafetensorsFile arrays = Safetensors.open(file)) {
        return arrays.floats(only(file, arrays.arrays().keySet()));
      }
    }
    throw new JiffusionException(
        "cannot read " + file + ", must be a .npy, .npz or .safetensors file");
  }

  /**
   * Reads an array with its shape.
   *
   * @param file a npy, npz or safetensors file, told by its name; of several arrays one is named
   *     after a colon: {@code io.safetensors:sample}
   * @throws JiffusionException if it is none of these, damaged, or has not this array
   */
  public static Values values(String file) {
    int colon = file.lastIndexOf(':');
    boolean named = colon > 1 && !Files.exists(Path.of(file)); // C: is a drive
    Path path = Path.of(named ? file.substring(0, colon) : file);
    String name = path.toString();
    String key = named ? file.substring(colon + 1) : null;
    if (name.endsWith(".npy") || name.endsWith(".npz")) {
      Map<String, Npy> arrays = name.endsWith(".npy") ? Map.of("", Npy.read(path)) : Npz.read(path);
      Npy array = arrays.get(chosen(path, name.endsWith(".npy") ? null : key, arrays.keySet()));
      return new Values(array.floats(), Arrays.stream(array.shape()).asLongStream().toArray());
    }
    if (name.endsWith(".safetensors")) {
      try (SafetensorsFile arrays = Safetensors.open(path)) {
        String chosen = chosen(path, key, arrays.arrays().keySet());
        DType type = arrays.arrays().get(chosen).type();
        return new Values(
            type.floating() ? arrays.floats(chosen) : floats(arrays.longs(chosen)),
            arrays.arrays().get(chosen).shape());
      }
    }
    throw new JiffusionException(
        "cannot read " + path + ", must be a .npy, .npz or .safetensors file");
  }

  private static float[] floats(long[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values[i];
    }
    return floats;
  }

  private static String chosen(Path file, String key, Set<String> names) {
    if (key == null) {
      return only(file, names);
    }
    if (!names.contains(key)) {
      throw new JiffusionException(file + " has no array " + key + ", it has " + names);
    }
    return key;
  }

  /**
   * Writes arrays by name.
   *
   * @param file npz or safetensors, told by its name; npy takes the first array alone
   */
  public static void write(Path file, Map<String, Values> arrays) {
    String name = file.toString();
    if (name.endsWith(".npy")) {
      npy(arrays.values().iterator().next()).write(file);
    } else if (name.endsWith(".npz")) {
      Map<String, Npy> all = new LinkedHashMap<>();
      arrays.forEach((key, array) -> all.put(key, npy(array)));
      Npz.write(file, all);
    } else if (name.endsWith(".safetensors")) {
      Map<String, Array> all = new LinkedHashMap<>();
      arrays.forEach((key, array) -> all.put(key, Array.of(array.values(), array.shape())));
      Safetensors.write(file, all, Map.of());
    } else {
      throw new JiffusionException(
          "cannot write " + file + ", must be a .npy, .npz or .safetensors file");
    }
  }

  private static Npy npy(Values array) {
    return Npy.of(
        array.values(), Arrays.stream(array.shape()).mapToInt(Math::toIntExact).toArray());
  }

  /**
   * Reads images as {@link #values} does, or a picture.
   *
   * @param signed whether a picture's levels become −1 to 1, else 0 to 1
   * @return [N, C, H, W]
   */
  public static Values pictures(String file, boolean signed) {
    if (!ImageFile.named(file)) {
      return values(file);
    }
    Images picture = ImageFile.read(Path.of(file));
    float[] values = picture.floats();
    for (int i = 0; i < values.length && !signed; i++) {
      values[i] = (values[i] + 1) / 2;
    }
    return new Values(
        values, picture.count(), picture.channels(), picture.height(), picture.width());
  }

  /**
   * Writes images [N, C, H, W] as one picture, a sheet if there are several.
   *
   * @param texts that tell how it was made
   */
  public static void writePictures(
      Path file, Values images, boolean signed, Map<String, String> texts) {
    double[] values = new double[images.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = signed ? images.values()[i] : 2 * images.values()[i] - 1;
    }
    long[] shape = images.shape();
    int count = (int) shape[0];
    Images all = Images.of(count, (int) shape[1], (int) shape[2], (int) shape[3], values, false);
    Png.write(file, all.grid((int) Math.ceil(Math.sqrt(count))), texts);
  }

  /** The one array, beside which the classes of its images may lie. */
  private static String only(Path file, Set<String> names) {
    if (names.equals(Set.of(SAMPLES, CLASSES))) {
      return SAMPLES;
    }
    if (names.size() != 1) {
      throw new JiffusionException(
          file + " has the arrays " + names + ", must have one; name it after a colon");
    }
    return names.iterator().next();
  }

  /**
   * The classes of a request's images, for the npz file that has them, as guided-diffusion's
   * samples do; nothing without classes.
   *
   * @param first of the request's images that are in the file
   */
  static Map<String, Npy> classes(SampleRequest request, int first, int count) {
    return request.classes().isEmpty()
        ? Map.of()
        : Map.of(
            CLASSES,
            Npy.of(
                IntStream.range(first, first + count).mapToLong(request::label).toArray(), count));
  }

  /**
   * Writes images.
   *
   * @param format npy (a file an array), npz or safetensors
   * @param request that made them, whose classes an npz file tells
   * @param values whether the values before rounding are written too; the images must have them
   * @return the files
   */
  public static List<Path> write(
      Path folder, String format, Images images, SampleRequest request, boolean values) {
    int n = images.count();
    int c = images.channels();
    int h = images.height();
    int w = images.width();
    if (format.equals("safetensors")) {
      Map<String, Array> arrays = new LinkedHashMap<>();
      arrays.put(IMAGES, Array.of(images.bytes(), n, h, w, c));
      if (values) {
        arrays.put(VALUES, Array.of(images.values(), n, c, h, w));
      }
      Path file = folder.resolve("images.safetensors");
      Safetensors.write(file, arrays, Map.of());
      return List.of(file);
    }
    Map<String, Npy> arrays = new LinkedHashMap<>();
    arrays.put(IMAGES, Npy.of(images.bytes(), n, h, w, c));
    if (values) {
      arrays.put(VALUES, Npy.of(images.values(), n, c, h, w));
    }
    if (format.equals("npz")) {
      Map<String, Npy> exchanged = new LinkedHashMap<>();
      arrays.forEach((name, array) -> exchanged.put(name.equals(IMAGES) ? SAMPLES : name, array));
      exchanged.putAll(classes(request, 0, n));
      Path file = folder.resolve("images.npz");
      Npz.write(file, exchanged);
      return List.of(file);
    }
    List<Path> files = new ArrayList<>();
    arrays.forEach(
        (name, array) -> {
          files.add(folder.resolve(name + ".npy"));
          array.write(folder.resolve(name + ".npy"));
        });
    return files;
  }
}
