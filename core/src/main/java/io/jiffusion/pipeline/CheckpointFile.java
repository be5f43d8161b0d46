package io.jiffusion.pipeline;

import io.jiffusion.run.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.ShardedFile;
import io.jiffusion.weights.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A checkpoint of one file, and the configuration beside it. */
final class CheckpointFile {
  private static final List<String> TORCH = List.of(".pt", ".pth", ".ckpt", ".bin");
  private static final List<String> CONFIGS =
      List.of("config.json", "config.yaml", "config.yml", "project.yaml");

  private CheckpointFile() {}

  /**
   * The checkpoint that a path means: the file itself, or the only one of a folder; null if there
   * is none.
   *
   * @throws JiffusionException if a folder has several
   */
  static Path of(Path path) {
    if (!Files.isDirectory(path)) {
      return Files.isRegularFile(path) && isOne(path) ? path : null;
    }
    try (Stream<Path> files = Files.list(path)) {
      List<Path> all =
          files
              .filter(CheckpointFile::isOne)
              .filter(Files::isRegularFile)
              .filter(file -> !file.getFileName().toString().equals("io.safetensors"))
              .sorted()
              .toList();
      if (all.size() > 1) {
        throw new JiffusionException(
            path
                + " has several checkpoints, one must be named: "
                + String.join(
                    ", ", all.stream().limit(8).map(f -> f.getFileName().toString()).toList()));
      }
      return all.isEmpty() ? null : all.get(0);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path, e);
    }
  }

  private static boolean isOne(Path file) {
    String name = file.toString();
    return name.endsWith(".safetensors")
        || name.endsWith(".safetensors.index.json")
        || TORCH.stream().anyMatch(name::endsWith);
  }

  /** Opens it, by its ending. */
  static ArrayFile open(Path file) {
    if (file.toString().endsWith(".index.json")) {
      return ShardedFile.open(file, CheckpointFile::open);
    }
    return file.toString().endsWith(".safetensors") ? Safetensors.open(file) : TorchFile.open(file);
  }

  /**
   * What is told of a checkpoint, by flags and by the file that was named or lies beside it; null
   * if nothing is.
   *
   * @throws JiffusionException if the two contradict each other
   */
  static Settings config(Path checkpoint, Stored.Options options) {
    Settings flags = options.flags() == null ? null : Settings.flags(options.flags());
    Settings file = configFile(checkpoint, options);
    return flags == null ? file : file == null ? flags : flags.with(file);
  }

  private static Settings configFile(Path checkpoint, Stored.Options options) {
    if (options.config() != null) {
      return Settings.read(options.config());
    }
    for (String name : CONFIGS) {
      Path file = checkpoint.resolveSibling(name);
      if (Files.isRegularFile(file)) {
        return Settings.read(file);
      }
    }
    return null;
  }
}
