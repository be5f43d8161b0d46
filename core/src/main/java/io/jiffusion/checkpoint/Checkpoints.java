package io.jiffusion.checkpoint;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Opens models on the disk, those of other programs too, and writes them as these programs do. */
public final class Checkpoints {
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

  private Checkpoints() {}

  /**
   * What a model is, its weights not read.
   *
   * @throws JiffusionException if it is none that we know, or damaged; it says why
   */
  public static RunFolder describe(Path path) {
    if (RunFolder.isOne(path)) {
      return RunFolder.read(path);
    }
    try (StoredModel stored = open(path)) {
      return stored.run();
    }
  }

  /** Opens a model, with what it says about itself. */
  public static StoredModel open(Path path) {
    return open(path, ReadOptions.AUTO);
  }

  /**
   * Opens a model.
   *
   * @param path a run folder, or a file or folder of another program
   * @throws JiffusionException if it is none that we know, or damaged; it says why
   */
  public static StoredModel open(Path path, ReadOptions options) {
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
    StoredModel stored = file(checkpoint, options);
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

  private static StoredModel run(Path path, ReadOptions options) {
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
    Path inside = path.resolve(StoredModel.AUTOENCODER);
    StoredModel stored =
        new StoredModel(
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

  private static StoredModel file(Path checkpoint, ReadOptions options) {
    ArrayFile arrays = CheckpointFile.open(checkpoint);
    try {
      PeerConfig config = CheckpointFile.config(checkpoint, options);
      Wrapping inside =
          Wrapping.off(
              arrays,
              options.weights(),
              each -> FORMATS.stream().anyMatch(format -> format.knows(each, config)));
      if (inside != null) {
        for (Format format : FORMATS) {
          if (format.knows(inside.arrays(), config)) {
            StoredModel stored = format.open(checkpoint, inside.arrays(), config, options);
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
   * Writes a model as a pipeline folder of diffusers.
   *
   * @param dtype of the weights: fp32, fp16, bf16, or stored
   * @return bytes of weights
   * @throws JiffusionException if the model cannot be told in diffusers' words
   */
  public static long export(StoredModel model, Path folder, String dtype) {
    Check.oneOf(List.of("stored", "fp32", "fp16", "bf16"), "dtype", dtype);
    DType type =
        switch (dtype) {
          case "fp32" -> DType.F32;
          case "fp16" -> DType.F16;
          case "bf16" -> DType.BF16;
          default -> null;
        };
    return DiffusersExport.write(model, folder, type);
  }
}
