package io.jiffusion.pipeline;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Mapped;
import io.jiffusion.weights.NameMap;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as it lies on the disk: a run folder of ours, or a checkpoint of another program. Its
 * weights are read when they are asked for.
 *
 * @param run what the weights are
 * @param weights under our names
 * @param autoencoder between the images and the network's latents; null if there is none
 */
public record Stored(RunFolder run, ArrayFile weights, Stored autoencoder)
    implements AutoCloseable {
  /** Folder of a run folder that has the autoencoder, itself a run folder. */
  private static final String AUTOENCODER = "autoencoder";

  /**
   * How a checkpoint is to be read, where it does not say it itself.
   *
   * @param config file with its configuration; null for the one that lies beside it
   * @param flags its configuration as flags of the original program, as {@code --image_size 64};
   *     null for none
   * @param weights which of its weights: ema, raw, or auto for the averaged ones if there are some
   */
  public record Options(Path config, String flags, String weights) {
    /** As the checkpoint says. */
    public static final Options AUTO = new Options(null, null, "auto");

    public Options {
      Check.oneOf(List.of("auto", "ema", "raw"), "weights", weights);
    }
  }

  /** A program whose checkpoints of one file we read. */
  interface Format {
    /**
     * Whether this is one of its checkpoints.
     *
     * @param config what is told of the network; null if nothing is
     */
    boolean knows(ArrayFile arrays, Settings config);

    /**
     * Makes it a model.
     *
     * @throws JiffusionException that says why not
     */
    Stored open(Path path, ArrayFile arrays, Settings config, Options options);
  }

  private static final List<Format> FORMATS =
      List.of(
          new CompVisCheckpoint(),
          new DitCheckpoint(),
          new OpenAiCheckpoint(),
          new ErmonCheckpoint(),
          new ScoreSdeCheckpoint(),
          new EdmNetworks(),
          new TaesdCheckpoint(),
          new CompVisAutoencoder());

  /** A model of its own: no autoencoder before it. */
  Stored(RunFolder run, ArrayFile weights) {
    this(run, weights, null);
  }

  /** A peer's model, its weights seen through a name map; {@code file} is closed if it fails. */
  static Stored of(RunConfig config, RunFolder.Source source, ArrayFile file, NameMap map) {
    return new Stored(
        RunFolder.of(config, source), new Mapped(file, map, config.network().parameters()));
  }

  /**
   * What a model is, its weights not read.
   *
   * @throws JiffusionException if it is none that we know, or damaged; it says why
   */
  public static RunFolder describe(Path path) {
    if (RunFolder.isOne(path)) {
      return RunFolder.read(path);
    }
    try (Stored stored = open(path)) {
      return stored.run();
    }
  }

  /** Opens a model, with what it says about itself. */
  public static Stored open(Path path) {
    return open(path, Options.AUTO);
  }

  /**
   * Opens a model.
   *
   * @param path a run folder, or a file or folder of another program
   * @throws JiffusionException if it is none that we know, or damaged; it says why
   */
  public static Stored open(Path path, Options options) {
    if (RunFolder.isOne(path)) {
      Path inside = path.resolve(AUTOENCODER);
      return new Stored(
          RunFolder.read(path),
          Safetensors.open(path.resolve(RunFolder.WEIGHTS)),
          Files.isDirectory(inside) ? open(inside) : null);
    }
    if (DiffusersFolder.knows(path)) {
      return DiffusersFolder.open(path, options);
    }
    Path checkpoint = CheckpointFile.of(path);
    if (checkpoint == null) {
      throw new JiffusionException(
          Files.exists(path)
              ? "no model in "
                  + path
                  + ": it has no run.json, and is no checkpoint that is known here; must be a run"
                  + " folder, a diffusers folder, or a checkpoint with its configuration beside it"
              : "no model in " + path + ": there is no such file or folder");
    }
    ArrayFile arrays = CheckpointFile.open(checkpoint);
    try {
      Settings config = CheckpointFile.config(checkpoint, options);
      for (Format format : FORMATS) {
        if (format.knows(arrays, config)) {
          return format.open(checkpoint, arrays, config, options);
        }
      }
      if (arrays.arrays().keySet().stream().anyMatch(name -> name.matches("state/\\d+/.+"))) {
        throw new JiffusionException(
            checkpoint
                + " is the state of an optimizer, must be a model: with OpenAI's programs"
                + " model….pt or ema_….pt beside it");
      }
      throw new JiffusionException(
          checkpoint
              + " is no checkpoint that is known here: its first tensors are "
              + String.join(", ", arrays.arrays().keySet().stream().limit(5).toList()));
    } catch (RuntimeException e) {
      arrays.close();
      throw e;
    }
  }

  /**
   * The same with a row of the class table that stands for "no class".
   *
   * @param row null to leave it as it is
   * @throws JiffusionException if it has no such row, or another; it is closed then
   */
  public Stored withNullClass(Integer row) {
    try {
      RunConfig config = run.config().withNullClass(row);
      return new Stored(
          new RunFolder(run.format(), run.jiffusion(), run.step(), config, run.source()),
          weights,
          autoencoder);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Writes it as a run folder, with the numbers as they are.
   *
   * @return bytes of weights
   */
  public long write(Path folder) {
    Map<String, Array> arrays = new LinkedHashMap<>();
    weights
        .arrays()
        .forEach(
            (name, info) ->
                arrays.put(name, Array.of(info.type(), () -> weights.floats(name), info.shape())));
    try {
      Files.createDirectories(folder);
      Path to = folder.resolve(RunFolder.WEIGHTS);
      Safetensors.write(to, arrays, Map.of("format", "jiffusion"));
      run.write(folder);
      Path from = weights.path().toAbsolutePath().getParent();
      if (RunFolder.isOne(from)) {
        NoiseTable.copy(from, folder, run);
      }
      return Files.size(to)
          + (autoencoder == null ? 0 : autoencoder.write(folder.resolve(AUTOENCODER)));
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Writes it as a pipeline folder of diffusers.
   *
   * @param dtype of the weights: fp32, fp16, bf16, or stored
   * @return bytes of weights
   * @throws JiffusionException if the model cannot be told in diffusers' words
   */
  public long export(Path folder, String dtype) {
    Check.oneOf(List.of("stored", "fp32", "fp16", "bf16"), "dtype", dtype);
    DType type =
        switch (dtype) {
          case "fp32" -> DType.F32;
          case "fp16" -> DType.F16;
          case "bf16" -> DType.BF16;
          default -> null;
        };
    return DiffusersExport.write(this, folder, type);
  }

  @Override
  public void close() {
    weights.close();
    if (autoencoder != null) {
      autoencoder.close();
    }
  }
}
