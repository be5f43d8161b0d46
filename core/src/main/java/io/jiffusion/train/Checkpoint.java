package io.jiffusion.train;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a training run on disk: a file {@code checkpoints/step-N.safetensors} in the run
 * folder, written under another name, forced to disk and then renamed, so that whatever happens the
 * files with the right name are whole. The two newest are kept.
 *
 * @param state all that training changes
 * @param step optimiser steps made
 */
public record Checkpoint(TrainingState state, long step) {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoint.class);
  private static final int KEPT = 2;
  private static final Pattern NAME = Pattern.compile("step-(\\d{9,18})\\.safetensors");

  /**
   * Writes the checkpoint.
   *
   * @param run the run folder
   * @param settings of the run, as text
   */
  public void write(Path run, String settings) {
    Map<String, Array> arrays = new LinkedHashMap<>();
    CRC32C sum = new CRC32C();
    state
        .parts()
        .forEach(
            (part, params) -> {
              for (String name : params.names()) {
                try (Scope scope = Scope.open()) {
                  float[] values = params.at(name).floats();
                  update(sum, values);
                  arrays.put(part + "/" + name, Array.of(values, params.at(name).sizes()));
                }
              }
            });
    try {
      Files.createDirectories(folder(run));
      Safetensors.write(
          folder(run).resolve(String.format("step-%09d.safetensors", step)),
          arrays,
          Map.of(
              "step",
              Long.toString(step),
              "settings",
              settings,
              "checksum",
              Long.toHexString(sum.getValue())));
      List<Path> all = all(run);
      for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
        Files.delete(old);
      }
      AtomicFile.deleteUnfinished(folder(run));
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot write a checkpoint in " + folder(run) + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Reads the newest checkpoint that is whole; a damaged one is passed over with a warning.
   *
   * @param settings gets those of the run when it was written, and throws what it likes if they do
   *     not fit
   * @throws JiffusionException if there is none
   */
  public static Checkpoint newest(Path run, Consumer<String> settings) {
    JiffusionException damage = null;
    for (Path file : all(run)) {
      try {
        return read(file, settings);
      } catch (Damaged e) {
        LOG.warn("{}; going on from the checkpoint before it", e.getMessage());
        damage = new JiffusionException(e.getMessage(), e);
      }
    }
    throw damage != null
        ? damage
        : new JiffusionException(
            "nothing to resume in " + run + ": it has no checkpoint; leave out --resume to start");
  }

  /** Whether a run has a checkpoint. */
  public static boolean exists(Path run) {
    return !all(run).isEmpty();
  }

  private static final class Damaged extends Exception {
    private static final long serialVersionUID = 1L;

    Damaged(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static Checkpoint read(Path path, Consumer<String> settings) throws Damaged {
    Map<String, Params> parts = new LinkedHashMap<>();
    try (SafetensorsFile file = Safetensors.open(path)) {
      String written = file.metadata().get("settings");
      if (written == null) {
        throw new JiffusionException("checkpoint " + path + " is damaged: it tells no settings");
      }
      settings.accept(written);
      CRC32C sum = new CRC32C();
      file.entries()
          .forEach(
              (name, entry) -> {
                String[] place = name.split("/", 2);
                float[] values = file.floats(name);
                update(sum, values);
                try (Scope scope = Scope.open()) {
                  parts
                      .computeIfAbsent(place[0], part -> new Params())
                      .put(place[place.length - 1], Tensor.of(values, entry.shape()));
                }
              });
      String step = file.metadata().get("step");
      if (!Long.toHexString(sum.getValue()).equals(file.metadata().get("checksum"))
          || !Long.toString(stepOf(path)).equals(step)
          || !complete(parts)) {
        throw new JiffusionException(
            "checkpoint " + path + " is damaged: its checksum does not fit");
      }
      return new Checkpoint(TrainingState.of(parts), stepOf(path));
    } catch (JiffusionException e) {
      parts.values().forEach(Params::close);
      throw new Damaged(e.getMessage(), e);
    }
  }

  /** Whether every part has the same parameters. */
  private static boolean complete(Map<String, Params> parts) {
    return parts.keySet().equals(Set.copyOf(TrainingState.PARTS))
        && parts.values().stream().map(params -> List.copyOf(params.names())).distinct().count()
            == 1;
  }

  private static long stepOf(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  private static void update(CRC32C sum, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
    bytes.asFloatBuffer().put(values);
    sum.update(bytes);
  }

  private static Path folder(Path run) {
    return run.resolve("checkpoints");
  }

  /** Checkpoints of a run, newest first. */
  private static List<Path> all(Path run) {
    if (!Files.isDirectory(folder(run))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder(run))) {
      List<Path> found = new ArrayList<>(files.filter(file -> stepOf(file) >= 0).toList());
      found.sort(Comparator.comparingLong(Checkpoint::stepOf).reversed());
      return found;
    } catch (IOException e) {
      throw new JiffusionException("cannot list " + folder(run) + ": " + AtomicFile.reason(e), e);
    }
  }
}
