package io.jiffusion.pipeline;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Tree;
import io.jiffusion.train.Trainer;
import java.io.BufferedInputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The file {@code metrics.jsonl} of a run: a JSON line a step. Nothing in it depends on time, so
 * resuming repeats it exactly.
 */
public final class Metrics implements AutoCloseable {
  private static final String NAME = "metrics.jsonl";

  private final BufferedWriter out;

  /** Opens the file, keeping the lines of the first {@code steps} steps. */
  Metrics(Path folder, long steps) throws IOException {
    Path file = folder.resolve(NAME);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // never empty in between: a kill must not lose lines
      channel.truncate(lengthOf(file, steps));
    }
    out = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
  }

  /** Bytes of the first lines. */
  private static long lengthOf(Path file, long lines) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      long length = 0;
      long at = 0;
      for (int c = in.read(); c >= 0 && lines > 0; c = in.read()) {
        at++;
        if (c == '\n') {
          length = at;
          lines--;
        }
      }
      return length;
    }
  }

  /**
   * One step.
   *
   * @param step number of steps made, this one included
   * @param loss mean loss of the step's examples
   * @param gradientNorm before clipping
   */
  public record Line(long step, float loss, float gradientNorm) {}

  /**
   * The lines of a run, but for one that is being written.
   *
   * @param folder of the run
   * @param after steps whose lines are left out, such as those that were read before
   * @throws JiffusionException if there are none, or they cannot be read
   */
  public static List<Line> read(Path folder, long after) {
    Path file = folder.resolve(NAME);
    try {
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .skip(after)
          .map(line -> Binder.bind(Line.class, Tree.json(line, file.toString())))
          .toList();
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  void add(Trainer.Step step) throws IOException {
    Line line = new Line(step.step(), (float) step.loss(), (float) step.gradientNorm());
    out.write(Tree.of(line).toJson());
    out.write('\n');
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
