package io.jiffusion.pipeline;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.run.Optional;
import io.jiffusion.run.Shown;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
    int format, String jiffusion, long step, RunConfig config, @Optional Source source) {
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
  static RunFolder of(RunConfig config, Source source) {
    return new RunFolder(FORMAT, VERSION, 0, config, source);
  }

  /** Whether a folder has a {@code run.json}. */
  static boolean isOne(Path folder) {
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

  /**
   * Writes a model small enough to give away: the same {@code run.json}, weights as 16-bit floats,
   * and its measured noise if there is some.
   *
   * @return size of the weights' file in bytes
   */
  public static long pack(Path run, Path out) {
    RunFolder folder = read(run);
    Map<String, Array> arrays = new LinkedHashMap<>();
    Path to = out.resolve(WEIGHTS);
    try (SafetensorsFile file = Safetensors.open(run.resolve(WEIGHTS))) {
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
}
