package io.jiffusion.pipeline;

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

/**
 * The file {@code metrics.jsonl} of a run: a JSON line a step. Nothing in it depends on time, so
 * resuming repeats it exactly.
 */
final class Metrics implements AutoCloseable {
  private final BufferedWriter out;

  /** Opens the file, keeping the lines of the first {@code steps} steps. */
  Metrics(Path folder, long steps) throws IOException {
    Path file = folder.resolve("metrics.jsonl");
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

  void add(Trainer.Step step) throws IOException {
    out.write(
        "{\"step\":"
            + step.step()
            + ",\"loss\":"
            + (float) step.loss()
            + ",\"gradientNorm\":"
            + (float) step.gradientNorm()
            + "}\n");
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
