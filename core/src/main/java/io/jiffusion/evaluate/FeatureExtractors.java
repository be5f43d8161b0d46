package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.CheckpointFile;
import io.jiffusion.checkpoint.InceptionCheckpoint;
import io.jiffusion.checkpoint.VisionCheckpoint;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens a network of features by its file, and says which one it is. */
public final class FeatureExtractors {
  /** Pickles of objects, which are programs. */
  private static final List<String> OBJECTS = List.of(".pkl", ".pickle");

  private FeatureExtractors() {}

  /**
   * Which of an Inception's features are taken, and how images are prepared for it.
   *
   * @param layer 64, 192, 768 or 2048; null for the last
   * @param preparation the program whose way of resizing is taken, torch-fidelity or pytorch-fid;
   *     null for torch-fidelity's
   */
  public record Options(Integer layer, String preparation) {
    /** The last layer, prepared as torch-fidelity and guided-diffusion do. */
    public static final Options USUAL = new Options(null, null);
  }

  /** Opens one with the usual options. */
  public static FeatureExtractor open(Path place) {
    return open(place, Options.USUAL);
  }

  /**
   * Opens a file of weights, told by the names of its tensors, or a folder of {@code jiffusion
   * train-classifier}.
   *
   * @throws JiffusionException if there is none, it is damaged, or it is a program
   * @throws IllegalArgumentException if it has no such options
   */
  public static FeatureExtractor open(Path place, Options options) {
    String name = place.toString();
    if (!Files.exists(place)) {
      throw new JiffusionException(
          "no network of features at " + place + ": there is no such file or folder");
    }
    if (OBJECTS.stream().anyMatch(name::endsWith)) {
      throw new JiffusionException(
          place
              + " is a pickle of objects, which is a program, and is not run; in Python, where it is"
              + " trusted, make a safetensors file of its weights: safetensors.torch.save_file("
              + "network.state_dict(), \"features.safetensors\")");
    }
    if (Files.isDirectory(place)) {
      usual(options, "a classifier");
      return ClassifierExtractor.open(place);
    }
    boolean vision;
    try (ArrayFile arrays = CheckpointFile.open(place)) {
      vision = VisionCheckpoint.isOne(arrays);
      if (!vision && !InceptionCheckpoint.isOne(arrays)) {
        throw new JiffusionException(
            place
                + " is no known network of features, must be FID's Inception v3 of pytorch-fid or"
                + " torch-fidelity, a DINOv2, the image tower of a CLIP, or a folder of jiffusion"
                + " train-classifier; its first tensors are "
                + arrays.arrays().keySet().stream().limit(3).toList());
      }
    }
    if (vision) {
      usual(options, "a vision transformer");
      return VisionExtractor.open(place);
    }
    return InceptionExtractor.open(
        place,
        options.layer() == null ? InceptionExtractor.LAST : options.layer(),
        options.preparation() == null
            ? InceptionResizing.TORCH_FIDELITY
            : InceptionResizing.of(options.preparation()));
  }

  private static void usual(Options options, String what) {
    Check.that(
        options.equals(Options.USUAL),
        "--layer or --preparation",
        options.layer() != null ? options.layer() : options.preparation(),
        "must be left out for " + what + ": they are of Inception v3");
  }
}
