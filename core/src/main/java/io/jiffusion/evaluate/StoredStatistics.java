package io.jiffusion.evaluate;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Sha256;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.measure.Statistics;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Statistics of the features of images, as a file has them: {@code mu} and {@code sigma} in an npz
 * file, as pytorch-fid, clean-fid and EDM exchange them, with {@code mu_s} and {@code sigma_s} of
 * the spatial features in guided-diffusion's; or all that is known, in a safetensors file of ours.
 *
 * @param name of the images
 * @param fingerprint of the images, or of the file where it does not tell them
 * @param images how many there were; 0 where the file does not tell it
 * @param source of the features; null where the file does not tell it
 * @param features their statistics, of a count of 2 where the file does not tell it
 * @param spatial those of the spatial features; null where there are none
 */
public record StoredStatistics(
    String name,
    String fingerprint,
    long images,
    FeatureSource source,
    Statistics features,
    Statistics spatial) {
  private static final Set<String> EXCHANGED = Set.of("mu", "sigma", "mu_s", "sigma_s");
  private static final String NPZ = ".npz";
  private static final String OURS = ".safetensors";
  private static final String ABOUT = "statistics";

  /** What a file of ours tells beside the numbers. */
  private record About(String name, String fingerprint, long images, FeatureSource source) {}

  /** Whether a file has statistics, by its name and what is in it. */
  public static boolean isOne(Path file) {
    String name = file.toString();
    return name.endsWith(OURS) || name.endsWith(NPZ) && Npz.names(file).contains("mu");
  }

  /** Whether a file with statistics has images too, as guided-diffusion's reference batches. */
  public static boolean hasImages(Path file) {
    return file.toString().endsWith(NPZ) && Npz.names(file).contains("arr_0");
  }

  /**
   * Reads a file.
   *
   * @throws JiffusionException if it has no statistics, or they do not fit together
   */
  public static StoredStatistics read(Path file) {
    return file.toString().endsWith(OURS) ? ours(file) : exchanged(file);
  }

  private static StoredStatistics exchanged(Path file) {
    Map<String, Npy> arrays = Npz.read(file, EXCHANGED::contains);
    return new StoredStatistics(
        file.getFileName().toString(),
        "SHA-256 " + Sha256.of(file),
        0,
        null,
        statistics(file, arrays, "mu", "sigma"),
        arrays.containsKey("mu_s") ? statistics(file, arrays, "mu_s", "sigma_s") : null);
  }

  private static Statistics statistics(
      Path file, Map<String, Npy> arrays, String mean, String covariance) {
    Npy mu = arrays.get(mean);
    Npy sigma = arrays.get(covariance);
    if (mu == null || sigma == null) {
      throw new JiffusionException(
          file
              + " has no array "
              + (mu == null ? mean : covariance)
              + ", must have "
              + mean
              + " [d] and "
              + covariance
              + " [d, d], as pytorch-fid writes them");
    }
    int d = mu.count();
    if (mu.shape().length != 1 || !Arrays.equals(sigma.shape(), new int[] {d, d})) {
      throw new JiffusionException(
          file
              + " has "
              + mean
              + " "
              + Arrays.toString(mu.shape())
              + " and "
              + covariance
              + " "
              + Arrays.toString(sigma.shape())
              + ", must be [d] and [d, d]");
    }
    return Statistics.of(
        2, finite(file, mean, mu.doubles()), finite(file, covariance, sigma.doubles()));
  }

  private static double[] finite(Path file, String name, double[] values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new JiffusionException(
            file + " has " + value + " in " + name + ", must be finite; make it again");
      }
    }
    return values;
  }

  private static StoredStatistics ours(Path file) {
    try (SafetensorsFile arrays = Safetensors.open(file)) {
      String text = arrays.metadata().get(ABOUT);
      if (text == null || !arrays.arrays().keySet().containsAll(Set.of("mean", "scatter"))) {
        throw new JiffusionException(
            file
                + " has no statistics, must be a file of jiffusion statistics, or a .npz with mu and sigma");
      }
      About about = Binder.bind(About.class, Tree.json(text, ABOUT + " in " + file));
      Statistics spatial =
          arrays.arrays().containsKey("spatial.mean")
              ? statistics(arrays, "spatial.", about.images)
              : null;
      return new StoredStatistics(
          about.name,
          about.fingerprint,
          about.images,
          about.source,
          statistics(arrays, "", about.images),
          spatial);
    }
  }

  private static Statistics statistics(SafetensorsFile arrays, String prefix, long count) {
    return new Statistics(
        count,
        finite(arrays.path(), prefix + "mean", arrays.doubles(prefix + "mean")),
        finite(arrays.path(), prefix + "scatter", arrays.doubles(prefix + "scatter")));
  }

  /**
   * Writes them, whole or not at all.
   *
   * @param file .npz with mean and covariance for other programs, or .safetensors with everything
   * @throws IllegalArgumentException if it is named otherwise
   */
  public void write(Path file) {
    int d = features.dimension();
    if (file.toString().endsWith(NPZ)) {
      Map<String, Npy> arrays = new LinkedHashMap<>();
      arrays.put("mu", Npy.of(features.mean(), d));
      arrays.put("sigma", Npy.of(features.covariance(), d, d));
      if (spatial != null) {
        int s = spatial.dimension();
        arrays.put("mu_s", Npy.of(spatial.mean(), s));
        arrays.put("sigma_s", Npy.of(spatial.covariance(), s, s));
      }
      Npz.write(file, arrays);
      return;
    }
    checkName(file);
    Map<String, Array> arrays = new LinkedHashMap<>();
    put(arrays, "", features);
    if (spatial != null) {
      put(arrays, "spatial.", spatial);
    }
    String about = Tree.of(new About(name, fingerprint, images, source)).toJson();
    Safetensors.write(file, arrays, Map.of(ABOUT, about));
  }

  /** Refuses a name that tells no format, before the work. */
  public static void checkName(Path file) {
    if (!file.toString().endsWith(NPZ) && !file.toString().endsWith(OURS)) {
      throw new IllegalArgumentException(
          "illegal --out "
              + file
              + ", must end in .npz, for other programs, or in .safetensors, with everything");
    }
  }

  private static void put(Map<String, Array> arrays, String prefix, Statistics statistics) {
    int d = statistics.dimension();
    arrays.put(prefix + "mean", Array.of(statistics.mean(), d));
    arrays.put(prefix + "scatter", Array.of(statistics.scatter(), d, d));
  }
}
