package io.jiffusion.evaluate;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.base.Sha256;
import io.jiffusion.data.ImageSource;
import io.jiffusion.evaluate.FeatureExtractor.Extraction;
import io.jiffusion.measure.Features;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Features of image sets in a folder: no image is looked at twice, and a pass that was stopped goes
 * on after its last whole part. A part is a file of {@value #PART} images, written whole.
 *
 * @param folder made when it is needed
 */
public record FeatureStore(Path folder) {
  /** Images of a file: some megabytes of the largest network's features. */
  private static final int PART = 1024;

  /** Images that a network gets at a time, so that progress is seen. */
  private static final int BATCH = 64;

  private static final String FEATURES = "features";
  private static final String LOGITS = "logits";
  private static final String SPATIAL = "spatial";

  /**
   * The features of all images of a source; those that are there are read, not computed.
   *
   * @param progress of looking, in images
   * @return in the order of the source
   * @throws java.util.concurrent.CancellationException if somebody cancelled; whole parts stay
   */
  public Extraction of(
      FeatureExtractor extractor,
      ImageSource images,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    int count = images.count();
    Whole whole = new Whole(count);
    long began = System.nanoTime();
    int found = 0; // images of parts that were there
    for (int from = 0; from < count; from += PART) {
      cancellation.check();
      int end = Math.min(from + PART, count);
      Path file = file(extractor.source(), images, from);
      if (Files.exists(file)) {
        whole.put(from, read(file, end - from));
        found += end - from;
        continue;
      }
      Whole part = new Whole(end - from);
      for (int at = from; at < end; at += BATCH) {
        cancellation.check();
        int batch = Math.min(BATCH, end - at);
        part.put(at - from, extractor.extract(images.read(at, batch)));
        double seconds = (System.nanoTime() - began) / 1e9;
        progress.accept(
            new Progress(
                "images", at + batch, count, found, seconds, "features of " + images.name()));
      }
      write(file, part.extraction());
      whole.put(from, part.extraction());
    }
    return whole.extraction();
  }

  /** The file of a part: the same images before the same network are the same file. */
  private Path file(FeatureSource source, ImageSource images, int from) {
    String key =
        Sha256.of(
            String.join(
                "\n", images.fingerprint(), source.sha256(), source.layer(), source.preparation()));
    return folder
        .resolve(key.substring(0, 16))
        .resolve(String.format(Locale.ROOT, "%09d.safetensors", from));
  }

  private static Extraction read(Path file, int images) {
    try (SafetensorsFile arrays = Safetensors.open(file)) {
      Function<String, Features> read =
          name -> {
            if (!arrays.arrays().containsKey(name)) {
              return null;
            }
            float[] values = arrays.floats(name);
            return new Features(images, values.length / images, values);
          };
      return new Extraction(read.apply(FEATURES), read.apply(LOGITS), read.apply(SPATIAL));
    }
  }

  private static void write(Path file, Extraction part) {
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot make the folder " + file.getParent() + ": " + AtomicFile.reason(e), e);
    }
    Map<String, Array> arrays = new LinkedHashMap<>();
    add(arrays, FEATURES, part.features());
    add(arrays, LOGITS, part.logits());
    add(arrays, SPATIAL, part.spatial());
    Safetensors.write(file, arrays, Map.of());
  }

  private static void add(Map<String, Array> arrays, String name, Features features) {
    if (features != null) {
      arrays.put(name, Array.of(features.values(), features.images(), features.dimension()));
    }
  }

  /** Rows of many parts. */
  private static final class Whole {
    private final int images;
    private final Map<String, float[]> matrices = new LinkedHashMap<>();

    Whole(int images) {
      this.images = images;
    }

    void put(int from, Extraction part) {
      put(FEATURES, from, part.features());
      put(LOGITS, from, part.logits());
      put(SPATIAL, from, part.spatial());
    }

    private void put(String name, int from, Features part) {
      if (part != null) {
        int width = part.dimension();
        float[] all =
            matrices.computeIfAbsent(name, any -> new float[Math.multiplyExact(images, width)]);
        System.arraycopy(part.values(), 0, all, from * width, part.values().length);
      }
    }

    Extraction extraction() {
      return new Extraction(features(FEATURES), features(LOGITS), features(SPATIAL));
    }

    private Features features(String name) {
      float[] values = matrices.get(name);
      return values == null ? null : new Features(images, values.length / images, values);
    }
  }
}
