package io.jiffusion.pipeline;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.run.Shown;
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
import java.util.stream.Stream;

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
   * @param scheduler its process, where it does not say it or another is wanted: a {@code
   *     scheduler_config.json} of diffusers or its folder, the name of such a class, or one of
   *     {@link ProcessConfig#SCHEDULES}; null for its own
   */
  public record Options(Path config, String flags, String weights, String scheduler) {
    /** As the checkpoint says. */
    public static final Options AUTO = new Options(null, null, "auto", null);

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
          new CompVisAutoencoder(),
          new DiffusersNetwork());

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
      return run(path, options);
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
                  + inside(path)
              : "no model in " + path + ": there is no such file or folder");
    }
    Stored stored = file(checkpoint, options);
    if (options.scheduler() == null) {
      return stored;
    }
    try {
      return stored.with(GivenScheduler.process(options.scheduler(), null));
    } catch (RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private static Stored run(Path path, Options options) {
    if (options.config() != null || options.flags() != null || !options.weights().equals("auto")) {
      throw new JiffusionException(
          path
              + " is a run folder, which says itself what its weights are; leave --config, --flags"
              + " and --weights out");
    }
    RunFolder run = RunFolder.read(path);
    if (options.scheduler() != null && run.config().process() != null) {
      throw new JiffusionException(
          path
              + " is a run folder, which says its process itself; leave --scheduler out, or change"
              + " process in its run.json");
    }
    ProcessConfig told =
        options.scheduler() == null ? null : GivenScheduler.process(options.scheduler(), null);
    Path inside = path.resolve(AUTOENCODER);
    Stored stored =
        new Stored(
            run,
            Safetensors.open(path.resolve(RunFolder.WEIGHTS)),
            Files.isDirectory(inside) ? open(inside) : null);
    return told == null ? stored : stored.with(told);
  }

  /** The models of other programs in a folder's folders, for a message. */
  private static String inside(Path path) {
    if (!Files.isDirectory(path)) {
      return "";
    }
    try (Stream<Path> all = Files.list(path)) {
      List<String> models =
          all.filter(each -> RunFolder.isOne(each) || DiffusersFolder.knows(each))
              .map(each -> each.getFileName().toString())
              .sorted()
              .toList();
      return models.isEmpty() ? "" : "; there are models in its " + String.join(", ", models);
    } catch (IOException e) {
      return "";
    }
  }

  private static Stored file(Path checkpoint, Options options) {
    ArrayFile arrays = CheckpointFile.open(checkpoint);
    try {
      Settings config = CheckpointFile.config(checkpoint, options);
      Wrapping inside =
          Wrapping.off(
              arrays,
              options.weights(),
              each -> FORMATS.stream().anyMatch(format -> format.knows(each, config)));
      if (inside != null) {
        for (Format format : FORMATS) {
          if (format.knows(inside.arrays(), config)) {
            Stored stored = format.open(checkpoint, inside.arrays(), config, options);
            return (inside.averaged() ? stored.averaged() : stored).having(options.weights());
          }
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
              + String.join(
                  ", ", arrays.arrays().keySet().stream().limit(5).map(Shown::value).toList()));
    } catch (RuntimeException e) {
      arrays.close();
      throw e;
    }
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
  private Stored with(ProcessConfig process) {
    RunConfig config = run.config();
    if (!config.isSampled()) {
      throw new JiffusionException(
          weights.path() + " has no process, must be a diffusion model to have a --scheduler");
    }
    RunConfig told = new RunConfig(config.data(), config.network(), process, config.train());
    return new Stored(
        new RunFolder(run.format(), run.jiffusion(), run.step(), told, run.source()),
        weights,
        autoencoder);
  }

  /** Itself, if these are the weights that were asked for. */
  Stored having(String weights) {
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
  private Stored averaged() {
    RunFolder.Source source =
        new RunFolder.Source(run.source().program(), run.source().file(), "ema");
    return new Stored(RunFolder.of(run.config(), source), weights, autoencoder);
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
