package io.jiffusion.pipeline;

import io.jiffusion.data.Images;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Arrays exchanged with other programs: given noise in; images out as {@code images}, bytes [N, H,
 * W, C], and {@code values}, floats [N, C, H, W] in [−1, 1].
 */
public final class ArrayFiles {
  private static final String IMAGES = "images";
  private static final String VALUES = "values";

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
        return arrays.floats(only(file, arrays.entries().keySet()));
      }
    }
    throw new JiffusionException(
        "cannot read " + file + ", must be a .npy, .npz or .safetensors file");
  }

  private static String only(Path file, Set<String> names) {
    if (names.size() != 1) {
      throw new JiffusionException(file + " has the arrays " + names + ", must have one");
    }
    return names.iterator().next();
  }

  /**
   * Writes images.
   *
   * @param format npy (a file an array), npz or safetensors
   * @param values whether the values before rounding are written too; the images must have them
   * @return the files
   */
  public static List<Path> write(Path folder, String format, Images images, boolean values) {
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
      Path file = folder.resolve("images.npz");
      Npz.write(file, arrays);
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
