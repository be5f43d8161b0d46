package io.jiffusion.checkpoint;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model as it lies on the disk: a run folder of ours, or a checkpoint of another program. Its
 * weights are read when they are asked for.
 *
 * @param run what the weights are
 * @param weights under our names
 * @param autoencoder between the images and the network's latents; null if there is none
 */
public record StoredModel(RunFolder run, ArrayFile weights, StoredModel autoencoder)
    implements AutoCloseable {
  /** Folder of a run folder that has the autoencoder, itself a run folder. */
  static final String AUTOENCODER = "autoencoder";

  /** A model of its own: no autoencoder before it. */
  public StoredModel(RunFolder run, ArrayFile weights) {
    this(run, weights, null);
  }

  /** A peer's model, its weights seen through a name map; {@code file} is closed if it fails. */
  static StoredModel of(RunConfig config, RunFolder.Source source, ArrayFile file, NameMap map) {
    return new StoredModel(
        RunFolder.of(config, source), new Mapped(file, map, config.network().parameters()));
  }

  /** The file of the weights. */
  public Path path() {
    return weights.path();
  }

  /**
   * Refuses what has no process.
   *
   * @throws JiffusionException that says why, and what to do; it is closed then
   */
  public void mustBeSampled() {
    RunConfig config = run.config();
    if (config.process() != null) {
      return;
    }
    close();
    throw new JiffusionException(
        weights.path()
            + (config.network().isAutoencoder()
                ? " is an autoencoder, must be a diffusion model; encode and decode are its commands"
                : !config.isSampled()
                    ? " is a classifier, must be a diffusion model"
                    : " tells no process, must be a diffusion model with its scheduler: tell it by"
                        + " --scheduler, as a scheduler_config.json or a name such as"
                        + " DDPMScheduler; predict works without one"));
  }

  /** With a process that is told for it. */
  StoredModel with(ProcessConfig process) {
    RunConfig config = run.config();
    if (!config.isSampled()) {
      throw new JiffusionException(
          weights.path() + " has no process, must be a diffusion model to have a --scheduler");
    }
    RunConfig told = new RunConfig(config.data(), config.network(), process, config.train());
    return new StoredModel(
        new RunFolder(run.format(), run.jiffusion(), run.step(), told, run.source()),
        weights,
        autoencoder);
  }

  /** Itself, if these are the weights that were asked for. */
  StoredModel having(String weights) {
    String own = run.source().weights();
    if (weights.equals("auto") || weights.equals(own)) {
      return this;
    }
    close();
    throw new JiffusionException(
        this.weights.path()
            + " has no weights "
            + weights
            + ", only "
            + own
            + "; take --weights auto");
  }

  /** Said to be of averaged weights. */
  StoredModel averaged() {
    RunFolder.Source source =
        new RunFolder.Source(run.source().program(), run.source().file(), "ema");
    return new StoredModel(RunFolder.of(run.config(), source), weights, autoencoder);
  }

  /**
   * The same with a row of the class table that stands for "no class".
   *
   * @param row null to leave it as it is
   * @throws JiffusionException if it has no such row, or another; it is closed then
   */
  public StoredModel withNullClass(Integer row) {
    try {
      RunConfig config = run.config().withNullClass(row);
      return new StoredModel(
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
   * Writes a model small enough to give away: the same {@code run.json}, weights as 16-bit floats,
   * and its measured noise if there is some.
   *
   * @return size of the weights' file in bytes
   */
  public static long pack(Path run, Path out) {
    RunFolder folder = RunFolder.read(run);
    Map<String, Array> arrays = new LinkedHashMap<>();
    Path to = out.resolve(RunFolder.WEIGHTS);
    try (SafetensorsFile file = Safetensors.open(run.resolve(RunFolder.WEIGHTS))) {
      file.entries()
          .forEach(
              (name, entry) ->
                  arrays.put(name, Array.of(DType.F16, file.floats(name), entry.shape())));
      Files.createDirectories(out);
      Safetensors.write(to, arrays, file.metadata());
      folder.write(out);
      NoiseTable.copy(run, out, folder);
      return Files.size(to);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + to + ": " + AtomicFile.reason(e), e);
    }
  }

  @Override
  public void close() {
    weights.close();
    if (autoencoder != null) {
      autoencoder.close();
    }
  }
}
