package io.jiffusion.checkpoint;

import io.jiffusion.base.ByValue;
import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.process.OptimalVariance;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The file {@code noise.json} of a run folder: the mean square of the noise that the model
 * predicts, at each time of its process, from which Analytic-DPM knows its variances.
 *
 * <p>Measured with each image's own class, where the model has classes: that is the model that is
 * sampled when a class is asked for without guidance. Without a class, or guided, it predicts
 * slightly other noise.
 *
 * @param format version of this file's format
 * @param step optimiser steps that made the weights that were measured
 * @param process of these weights
 * @param count training images that it was measured on
 * @param seed of their noise
 * @param noise mean squares at times 1/T, 2/T, … 1, with T the steps of the process; [T]
 */
// Equal by value, as its equals says.
@SuppressWarnings("ArrayRecordComponent")
public record NoiseTable(
    int format, long step, ProcessConfig process, int count, long seed, double[] noise) {

  /** Name of the file. */
  public static final String NAME = "noise.json";

  private static final int FORMAT = 1;

  public NoiseTable {
    Check.that(format == FORMAT, "format", format, "must be " + FORMAT + "; use a newer program");
    Check.that(count >= 1, "count", count, "must be 1 or more");
    Check.that(
        noise.length == process.steps(),
        "noise",
        noise.length + " values",
        "must be " + process.steps() + ", one for each step of the process");
    Check.that(
        Arrays.stream(noise).allMatch(square -> square >= 0),
        "noise",
        "a value below 0",
        "must be mean squares, 0 or more");
  }

  /** What was measured now of weights after some steps of training. */
  public static NoiseTable of(RunFolder run, int count, long seed, double[] noise) {
    return new NoiseTable(FORMAT, run.step(), run.config().process(), count, seed, noise);
  }

  /** The variances that follow. */
  public OptimalVariance variance() {
    return new OptimalVariance(noise);
  }

  /** Writes {@code noise.json}, whole or not at all. */
  public void write(Path folder) {
    RunFolder.write(folder, NAME, this);
  }

  /**
   * Reads {@code noise.json}.
   *
   * @param run what the folder holds now
   * @throws IllegalArgumentException if there is none
   * @throws JiffusionException if it is damaged, or of other weights
   */
  public static NoiseTable read(Path folder, RunFolder run) {
    Path file = folder.resolve(NAME);
    NoiseTable table;
    try {
      table = Binder.bind(NoiseTable.class, Tree.file(file, false));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(
          "illegal sampler: the noise of "
              + folder
              + " was not measured (there is no "
              + NAME
              + "), must be for analytic variances; measure it with jiffusion measure "
              + folder,
          e);
    }
    if (table.step != run.step() || !table.process.equals(run.config().process())) {
      throw new JiffusionException(
          file
              + " was measured after "
              + table.step
              + " training steps"
              + (table.process.equals(run.config().process()) ? "" : " of another process")
              + ", must be of the weights beside it, after "
              + run.step()
              + "; measure again with jiffusion measure "
              + folder);
    }
    return table;
  }

  /** Copies the file of a run to a copy of the run, if there is one. */
  static void copy(Path from, Path to, RunFolder run) {
    if (Files.exists(from.resolve(NAME))) {
      read(from, run).write(to);
    }
  }

  @Override
  public boolean equals(Object other) {
    return ByValue.equal(this, other);
  }

  @Override
  public int hashCode() {
    return ByValue.hash(this);
  }
}
