package io.jiffusion.pipeline;

import io.jiffusion.run.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.NameMap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Folders that {@code save_pretrained} of diffusers writes: a pipeline ({@code model_index.json}
 * and a folder for each part) or one part ({@code config.json} and its weights).
 */
final class DiffusersFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "diffusion_pytorch_model";
  private static final List<String> PARTS = List.of("unet", "transformer");
  private static final List<String> AUTOENCODERS = List.of("vae", "vqvae");

  /** A network's configuration, and its name map. */
  record Part(NetworkConfig network, NameMap map) {}

  private DiffusersFolder() {}

  /** Whether a folder looks like one. */
  static boolean knows(Path path) {
    return Files.isRegularFile(path.resolve("model_index.json"))
        || Files.isRegularFile(path.resolve(CONFIG))
            && Settings.read(path.resolve(CONFIG)).has("_class_name");
  }

  static Stored open(Path path, Stored.Options options) {
    if (!Files.isRegularFile(path.resolve("model_index.json"))) {
      return part(path, null);
    }
    Path network =
        PARTS.stream()
            .map(path::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElseThrow(
                () ->
                    new JiffusionException(
                        path
                            + " has no network: must have a folder "
                            + String.join(" or ", PARTS)));
    Path scheduler = path.resolve("scheduler").resolve("scheduler_config.json");
    Stored model = part(network, DiffusersScheduler.read(Settings.read(scheduler)));
    Path autoencoder =
        AUTOENCODERS.stream()
            .map(path::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(null);
    return autoencoder == null
        ? model
        : new Stored(model.run(), model.weights(), part(autoencoder, null));
  }

  private static Stored part(Path folder, ProcessConfig process) {
    Settings config = Settings.read(folder.resolve(CONFIG));
    String kind = config.text("_class_name");
    Part part =
        switch (kind) {
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
    Path file = weights(folder);
    return Stored.of(
        new RunConfig(null, part.network, process, null),
        new RunFolder.Source("diffusers " + kind, file.getFileName().toString(), "raw"),
        open(file),
        part.map);
  }

  /** Endings of weights' files, the better ones first: strict formats, and whole precision. */
  private static final List<String> ENDINGS =
      List.of(
          ".safetensors",
          ".safetensors.index.json",
          ".bin",
          ".bin.index.json",
          ".fp16.safetensors",
          ".fp16.safetensors.index.json",
          ".bf16.safetensors",
          ".fp16.bin");

  private static Path weights(Path folder) {
    return ENDINGS.stream()
        .map(end -> folder.resolve(WEIGHTS + end))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                new JiffusionException(
                    folder
                        + " has no weights: must have "
                        + WEIGHTS
                        + ".safetensors, .bin, or their index"));
  }

  private static ArrayFile open(Path file) {
    return CheckpointFile.open(file);
  }

  /** Numbers that name maps of diffusers ask for. */
  static Map<String, Integer> levels(int number) {
    return Map.of("levels", number);
  }
}
