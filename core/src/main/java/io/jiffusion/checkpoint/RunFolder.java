package io.jiffusion.checkpoint;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.base.Shown;
import io.jiffusion.config.Binder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The file {@code run.json} of a run folder: what the weights beside it ({@code
 * weights.safetensors}) are.
 *
 * @param format version of this file's format
 * @param jiffusion version of the program that wrote it
 * @param step optimiser steps that made the weights
 * @param config the configuration, which holds all conventions that a sampler must know
 * @param source where the weights are from; left out if they were trained here
 */
public record RunFolder(
    int format, String jiffusion, long step, RunConfig config, @LeftOut Source source) {
  /** Version of the program. */
  public static final String VERSION = "0.1.0";

  /** Name of the file with the averaged weights. */
  public static final String WEIGHTS = "weights.safetensors";

  private static final int FORMAT = 1;
  private static final String NAME = "run.json";

  /**
   * Where weights that another program trained are from.
   *
   * @param program such as diffusers UNet2DModel
   * @param file that they were read from
   * @param weights which of the file's weights they are, such as ema
   */
  public record Source(String program, String file, String weights) {}

  /** What a run has made so far. */
  public static RunFolder of(RunConfig config, long step) {
    return new RunFolder(FORMAT, VERSION, step, config, null);
  }

  /** What another program has made. */
  public static RunFolder of(RunConfig config, Source source) {
    return new RunFolder(FORMAT, VERSION, 0, config, source);
  }

  /** Whether a folder has a {@code run.json}. */
  public static boolean isOne(Path folder) {
    return Files.isRegularFile(folder.resolve(NAME));
  }

  /**
   * Reads {@code run.json}.
   *
   * @param folder the run folder
   * @throws JiffusionException if it is not there, damaged, or written by a newer program
   */
  public static RunFolder read(Path folder) {
    Path file = folder.resolve(NAME);
    Tree tree;
    try {
      tree = Tree.file(file, false);
    } catch (NoSuchFileException e) {
      throw new JiffusionException(
          "no model in "
              + folder
              + ": it has no "
              + NAME
              + ", must be a folder that jiffusion train made",
          e);
    }
    Tree format = tree.value() instanceof Map ? tree.fields().get("format") : null;
    if (format != null && !String.valueOf(FORMAT).equals(format.toString())) {
      throw new JiffusionException(
          "format "
              + Shown.value(format)
              + " of "
              + file
              + " is not known, must be "
              + FORMAT
              + "; use a newer program");
    }
    return Binder.bind(RunFolder.class, tree);
  }

  /** Writes {@code run.json}, whole or not at all. */
  public void write(Path folder) {
    write(folder, NAME, this);
  }

  /** Writes a record as a JSON file of a folder, whole or not at all. */
  static void write(Path folder, String name, Record record) {
    ByteBuffer text = StandardCharsets.UTF_8.encode(Tree.of(record).toPrettyJson());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new JiffusionException("cannot make " + folder + ": " + AtomicFile.reason(e), e);
    }
    AtomicFile.write(
        folder.resolve(name),
        channel -> {
          while (text.hasRemaining()) {
            channel.write(text);
          }
        });
  }
}
