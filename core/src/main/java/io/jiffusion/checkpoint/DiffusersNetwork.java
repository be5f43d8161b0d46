package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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

  /** A network's class, its configuration, and its name map. */
  record Part(String kind, NetworkConfig network, NameMap map) {
    static Part of(Settings config, Record network, NameMap map) {
      return new Part(config.text("_class_name"), NetworkConfig.of(network), map);
    }

    /** With its weights and its process, which may be null. */
    StoredModel stored(Path file, ArrayFile arrays, ProcessConfig process, boolean averaged) {
      return StoredModel.of(
          new RunConfig(null, network, process, null),
          new RunFolder.Source(
              "diffusers " + kind, file.getFileName().toString(), averaged ? "ema" : "raw"),
          arrays,
          map);
    }
  }

  static boolean has(ArrayFile arrays) {
    return MARKS.stream().anyMatch(arrays.arrays()::containsKey);
  }

  @Override
  public boolean knows(ArrayFile arrays, Settings config) {
    return has(arrays);
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, Settings config, ReadOptions options) {
    if (config == null || !config.has("_class_name")) {
      throw new JiffusionException(
          path
              + " has a network of diffusers, which does not say its shape: put its config.json"
              + " (with _class_name) beside it, or name the file by --config");
    }
    return part(config).stored(path, arrays, null, path.getFileName().toString().contains("ema"));
  }

  /** As a configuration says, whose weights are not looked for yet. */
  static Part part(Settings config) {
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

  /** Numbers that name maps of diffusers ask for. */
  static Map<String, Integer> levels(int number) {
    return Map.of("levels", number);
  }
}
