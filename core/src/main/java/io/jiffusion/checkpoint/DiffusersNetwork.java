package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;

/**
 * A network of diffusers, by its {@code config.json}: in a folder of diffusers' own, or as the
 * state that somebody's training saved.
 */
final class DiffusersNetwork implements Format {
  /** Tensors that one of the networks begins with. */
  private static final List<String> MARKS =
      List.of(
          "conv_in.weight",
          "pos_embed.proj.weight",
          "encoder.conv_in.weight",
          "encoder.layers.0.weight");

  static boolean has(ArrayFile arrays) {
    return MARKS.stream().anyMatch(arrays.arrays()::containsKey);
  }

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return has(arrays);
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null || !config.has("_class_name")) {
      throw new JiffusionException(
          path
              + " has a network of diffusers, which does not say its shape: put its config.json"
              + " (with _class_name) beside it, or name the file by --config");
    }
    return part(config).stored(path, arrays, null, path.getFileName().toString().contains("ema"));
  }

  /** As a configuration says, whose weights are not looked for yet. */
  static DiffusersPart part(PeerConfig config) {
    return switch (config.text("_class_name")) {
      case "UNet2DModel" ->
          config.texts("down_block_types").stream().anyMatch(type -> type.contains("Skip"))
              ? DiffusersNcsnpp.read(config)
              : DiffusersUnet2d.read(config);
      case "UNet2DConditionModel" -> DiffusersUnet2dCondition.read(config);
      case "DiTTransformer2DModel", "Transformer2DModel" -> DiffusersDit.read(config);
      case "AutoencoderKL" -> DiffusersAutoencoder.kl(config);
      case "VQModel" -> DiffusersAutoencoder.vq(config);
      case "AutoencoderTiny" -> DiffusersAutoencoder.tiny(config);
      default ->
          config.fail(
              "_class_name",
              "is no network that is known here: must be UNet2DModel, UNet2DConditionModel,"
                  + " DiTTransformer2DModel, AutoencoderKL, VQModel or AutoencoderTiny");
    };
  }
}
