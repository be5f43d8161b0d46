package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Sha256;
import io.jiffusion.checkpoint.CheckpointFile;
import io.jiffusion.checkpoint.InceptionCheckpoint;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.InceptionV3;
import io.jiffusion.pipeline.Executions;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;

/**
 * {@link InceptionV3} as a network of features, in float32. Only with the weights that the field
 * measures with, known by their hash, is a Fréchet distance of its last layer called FID.
 */
public final class InceptionExtractor implements FeatureExtractor {
  /** The layer that FID is of. */
  public static final int LAST = 2048;

  private final Execution execution;
  private final InceptionResizing resizing;
  private final int layer;
  private final FeatureSource source;

  private InceptionExtractor(
      Execution execution, InceptionResizing resizing, int layer, FeatureSource source) {
    this.execution = execution;
    this.resizing = resizing;
    this.layer = layer;
    this.source = source;
  }

  /**
   * Opens a file.
   *
   * @param file a {@code .pth} of pytorch-fid or torch-fidelity, or a safetensors file with its
   *     tensors
   * @param layer one of {@link InceptionV3#FEATURES}
   * @throws JiffusionException if it is damaged, has other tensors, or is named after the published
   *     file and is another
   */
  public static InceptionExtractor open(Path file, int layer, InceptionResizing resizing) {
    Check.that(
        InceptionV3.FEATURES.contains(layer),
        "layer",
        layer,
        "must be one of " + InceptionV3.FEATURES + " features");
    String sha256 = Sha256.of(file);
    boolean published = sha256.equals(InceptionCheckpoint.PUBLISHED);
    if (!published && file.getFileName().toString().contains("6726825d")) {
      throw new JiffusionException(
          file
              + " has the SHA-256 "
              + sha256
              + ", must have "
              + InceptionCheckpoint.PUBLISHED
              + " as the file of that name; copy it again, or give it another name if it is meant to be"
              + " another");
    }
    Execution execution;
    try (ArrayFile arrays = CheckpointFile.open(file)) {
      execution =
          Executions.of(
              new InceptionV3(),
              InceptionCheckpoint.read(arrays),
              ModelOptions.of().precision("fp32"));
    }
    String distance =
        published && layer == LAST ? "FID" : FeatureSource.frechet("Inception v3", sha256);
    return new InceptionExtractor(
        execution,
        resizing,
        layer,
        new FeatureSource(
            "Inception v3", Integer.toString(layer), sha256, resizing.told(), distance));
  }

  @Override
  public FeatureSource source() {
    return source;
  }

  /**
   * {@inheritDoc}
   *
   * @param images of any size, grey or RGB
   */
  @Override
  public Extraction extract(Images images) {
    Check.that(
        images.channels() == 1 || images.channels() == 3,
        "images",
        images.channels() + " channels",
        "must be grey or RGB");
    int count = images.count();
    float[] seen =
        execution.evaluate(resizing.prepare(images), count, new float[count], Conditions.NONE);
    List<Integer> layers = InceptionV3.FEATURES;
    int from = layers.subList(0, layers.indexOf(layer)).stream().mapToInt(each -> each).sum();
    int all = layers.stream().mapToInt(each -> each).sum();
    return new Extraction(
        part(seen, count, from, layer),
        part(seen, count, all, InceptionV3.LOGITS),
        part(seen, count, all + InceptionV3.LOGITS, InceptionV3.SPATIAL));
  }

  private static Features part(float[] seen, int images, int from, int width) {
    int row = seen.length / images;
    float[] part = new float[images * width];
    for (int i = 0; i < images; i++) {
      System.arraycopy(seen, i * row + from, part, i * width, width);
    }
    return new Features(images, width, part);
  }

  @Override
  public void close() {
    execution.close();
  }
}
