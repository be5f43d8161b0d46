package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.base.Sha256;
import io.jiffusion.checkpoint.CheckpointFile;
import io.jiffusion.checkpoint.VisionCheckpoint;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.VisionTransformer;
import io.jiffusion.network.VisionTransformerConfig;
import io.jiffusion.pipeline.Executions;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.Map;

/**
 * A {@link VisionTransformer} as a network of features, in float32: DINOv2, whose Fréchet distance
 * is FD-DINOv2 (Stein et al.: Exposing flaws of generative model evaluation metrics and their
 * unfair treatment of diffusion models, 2023), or CLIP's image tower, whose kernel distance is
 * CMMD. Its weights are told by their hash, their network by its shape.
 */
public final class VisionExtractor implements FeatureExtractor {
  /** Width and depth of DINOv2's published ones. */
  private static final Map<String, String> DINO =
      Map.of("384/12", "ViT-S/14", "768/12", "ViT-B/14", "1024/24", "ViT-L/14");

  private final Execution execution;
  private final VisionTransformerConfig config;
  private final VisionResizing resizing;
  private final FeatureSource source;

  private VisionExtractor(
      Execution execution,
      VisionTransformerConfig config,
      VisionResizing resizing,
      FeatureSource source) {
    this.execution = execution;
    this.config = config;
    this.resizing = resizing;
    this.source = source;
  }

  /**
   * Opens a file.
   *
   * @param file with DINOv2's or CLIP's tensors
   * @throws io.jiffusion.base.JiffusionException if it is damaged, or of another network
   */
  public static VisionExtractor open(Path file) {
    String sha256 = Sha256.of(file);
    try (ArrayFile arrays = CheckpointFile.open(file)) {
      VisionTransformerConfig config = VisionCheckpoint.config(arrays);
      Execution execution =
          Executions.of(
              new VisionTransformer(config),
              VisionCheckpoint.read(arrays),
              ModelOptions.of().precision("fp32"));
      VisionResizing resizing = config.clip() ? VisionResizing.CMMD : VisionResizing.DINO;
      return new VisionExtractor(execution, config, resizing, source(config, resizing, sha256));
    }
  }

  private static FeatureSource source(
      VisionTransformerConfig config, VisionResizing resizing, String sha256) {
    String size = DINO.get(config.width() + "/" + config.depth());
    boolean known = size != null && config.patch() == 14;
    boolean clip = config.clip();
    String other = "ViT of width " + config.width() + ", depth " + config.depth();
    String network =
        (clip ? "CLIP " : "DINOv2 ")
            + (known && (!clip || size.equals("ViT-L/14")) ? size : other)
            + (clip ? ", " + config.size() + " pixels" : "");
    return new FeatureSource(
        network,
        "",
        sha256,
        resizing.told(config.size()),
        known && !clip ? "FD-DINOv2" : FeatureSource.frechet(network, sha256));
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
    float[] prepared = resizing.prepare(images, config.size());
    float[] seen = execution.evaluate(prepared, count, new float[count], Conditions.NONE);
    return new Extraction(new Features(count, config.features(), seen), null, null);
  }

  @Override
  public void close() {
    execution.close();
  }
}
