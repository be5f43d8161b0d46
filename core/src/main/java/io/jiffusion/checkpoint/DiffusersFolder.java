package io.jiffusion.checkpoint;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.weights.ArrayFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Folders of diffusers: a pipeline ({@code model_index.json} and a folder for each part), a
 * checkpoint of its training scripts (parts alone, the averaged one as {@code unet_ema}), or one
 * part ({@code config.json} and its weights).
 */
final class DiffusersFolder {
  private static final String INDEX = "model_index.json";
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "diffusion_pytorch_model";
  private static final String AVERAGED = "_ema";
  private static final List<String> PARTS = List.of("unet", "transformer");
  private static final List<String> AUTOENCODERS = List.of("vae", "vqvae");

  private DiffusersFolder() {}

  /** Whether a folder looks like one. */
  static boolean knows(Path path) {
    return Files.isRegularFile(path.resolve(INDEX))
        || isPart(path)
        || parts(path).anyMatch(DiffusersFolder::isPart);
  }

  private static boolean isPart(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG))
        && PeerConfig.read(folder.resolve(CONFIG)).has("_class_name");
  }

  /** Where a network may be, the trained one before the averaged one. */
  private static Stream<Path> parts(Path path) {
    return PARTS.stream().flatMap(p -> Stream.of(path.resolve(p), path.resolve(p + AVERAGED)));
  }

  static StoredModel open(Path path, ReadOptions options) {
    if (options.flags() != null) {
      throw new JiffusionException(
          "illegal flags: "
              + options.flags()
              + ", must go with a checkpoint of OpenAI's programs; "
              + path
              + " is a folder of diffusers, which says itself what it is");
    }
    Path network = network(path, options.weights());
    StoredModel model =
        part(network, options.config(), process(path, options), options.weights())
            .having(options.weights());
    Path autoencoder =
        AUTOENCODERS.stream()
            .map(path::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(null);
    return autoencoder == null
        ? model
        : new StoredModel(model.run(), model.weights(), part(autoencoder, null, null, "auto"));
  }

  /** The averaged network where it is asked for; by itself of a training's checkpoint only. */
  private static Path network(Path path, String weights) {
    boolean pipeline = Files.isRegularFile(path.resolve(INDEX));
    if (!pipeline && isPart(path)) {
      return path;
    }
    List<Path> all = parts(path).filter(Files::isDirectory).toList();
    List<Path> averaged = all.stream().filter(DiffusersFolder::isAveraged).toList();
    List<Path> trained = all.stream().filter(each -> !isAveraged(each)).toList();
    List<Path> wanted =
        switch (weights) {
          case "ema" -> averaged;
          case "raw" -> trained;
          default -> pipeline || averaged.isEmpty() ? trained : averaged;
        };
    if (wanted.isEmpty() && !all.isEmpty()) {
      throw new JiffusionException(
          path + " has no weights " + weights + ", only " + all.get(0).getFileName());
    }
    if (wanted.isEmpty()) {
      throw new JiffusionException(
          path + " has no network: must have a folder " + String.join(" or ", PARTS));
    }
    return wanted.get(0);
  }

  private static boolean isAveraged(Path part) {
    return part.getFileName().toString().endsWith(AVERAGED);
  }

  /** As the folder's scheduler or the caller says; null if neither does. */
  private static ProcessConfig process(Path path, ReadOptions options) {
    String name = "scheduler_config.json";
    PeerConfig own =
        Stream.of(path.resolve("scheduler").resolve(name), path.resolve(name))
            .filter(Files::isRegularFile)
            .findFirst()
            .map(PeerConfig::read)
            .orElse(null);
    return options.scheduler() != null
        ? GivenScheduler.process(options.scheduler(), own)
        : own == null ? null : DiffusersScheduler.read(own);
  }

  private static StoredModel part(Path folder, Path given, ProcessConfig process, String weights) {
    Path told = given == null ? folder.resolve(CONFIG) : given;
    if (!Files.isRegularFile(told)) {
      throw new JiffusionException(folder + " does not say its network: there is no " + told);
    }
    DiffusersPart part = DiffusersNetwork.part(PeerConfig.read(told));
    Path file = weights(folder, weights);
    ArrayFile arrays = CheckpointFile.open(file);
    try {
      Wrapping inside = Wrapping.off(arrays, weights, DiffusersNetwork::has);
      return part.stored(
          file,
          inside == null ? arrays : inside.arrays(),
          process,
          isAveraged(folder.toAbsolutePath()) || inside != null && inside.averaged());
    } catch (RuntimeException e) {
      arrays.close();
      throw e;
    }
  }

  /** Variants of a file, the better ones first: strict formats, and whole precision. */
  private static final List<String> VARIANTS =
      List.of(
          ".safetensors",
          ".safetensors.index.json",
          ".bin",
          ".bin.index.json",
          ".fp16.safetensors",
          ".safetensors.index.fp16.json",
          ".fp16.safetensors.index.json",
          ".bf16.safetensors",
          ".safetensors.index.bf16.json",
          ".fp16.bin",
          ".bin.index.fp16.json");

  /** The best of diffusers' own files, or else the only checkpoint of the folder. */
  private static Path weights(Path folder, String weights) {
    List<Path> all;
    try (Stream<Path> files = Files.list(folder)) {
      all =
          files
              .filter(file -> name(file).startsWith(WEIGHTS + "."))
              .filter(file -> CheckpointFile.of(file) != null)
              .filter(file -> !CheckpointFile.isShard(file))
              .sorted(Comparator.comparing(DiffusersFolder::rank).thenComparing(file -> file))
              .toList();
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + folder + ": " + AtomicFile.reason(e), e);
    }
    Path raw =
        all.stream().filter(file -> name(file).contains(".non_ema.")).findFirst().orElse(null);
    Path file =
        weights.equals("raw") && raw != null
            ? raw
            : all.isEmpty() ? CheckpointFile.of(folder) : all.get(0);
    if (file == null) {
      throw new JiffusionException(
          folder
              + " has no weights: must have "
              + WEIGHTS
              + ".safetensors, .bin, or their index; download them too");
    }
    return file;
  }

  private static int rank(Path file) {
    int rank = VARIANTS.indexOf(name(file).substring(WEIGHTS.length()));
    return rank < 0 ? VARIANTS.size() : rank;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
