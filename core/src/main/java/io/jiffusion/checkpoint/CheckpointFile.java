package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.ShardedFile;
import io.jiffusion.weights.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A checkpoint of one file, and the configuration beside it. */
public final class CheckpointFile {
  private static final List<String> TORCH = List.of(".pt", ".pth", ".ckpt", ".bin");
  private static final List<String> CONFIGS =
      List.of("config.json", "config.yaml", "config.yml", "project.yaml");

  /** Of what trainings write beside their models. */
  private static final Pattern BESIDE =
      Pattern.compile(
          "io\\.safetensors|(optimizer|scheduler)(_\\d+)?\\.(bin|pt)|opt\\d+\\.pt|scaler\\.pt"
              + "|training_args\\.bin|(random_states|rng_state).*");

  /** An index of shards: plain, or of a variant, before or behind the kind of file. */
  private static final Pattern INDEX =
      Pattern.compile(".*\\.(safetensors|bin)\\.index(\\.[A-Za-z0-9_]+)?\\.json");

  /** A shard, which its index names. */
  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\..+");

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
              .filter(file -> !isShard(file))
              .filter(file -> !BESIDE.matcher(file.getFileName().toString()).matches())
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
        || INDEX.matcher(name).matches()
        || TORCH.stream().anyMatch(name::endsWith);
  }

  /** Whether a file's name says that it is one of several, which their index names. */
  static boolean isShard(Path file) {
    return SHARD.matcher(file.getFileName().toString()).matches();
  }

  /** Opens it, by its ending. */
  public static ArrayFile open(Path file) {
    if (INDEX.matcher(file.toString()).matches()) {
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
  static PeerConfig config(Path checkpoint, ReadOptions options) {
    PeerConfig flags = options.flags() == null ? null : PeerConfig.flags(options.flags());
    PeerConfig file = configFile(checkpoint, options);
    return flags == null ? file : file == null ? flags : flags.with(file);
  }

  private static PeerConfig configFile(Path checkpoint, ReadOptions options) {
    if (options.config() != null) {
      return PeerConfig.read(options.config());
    }
    for (String name : CONFIGS) {
      Path file = checkpoint.resolveSibling(name);
      if (Files.isRegularFile(file)) {
        return PeerConfig.read(file);
      }
    }
    return null;
  }
}
