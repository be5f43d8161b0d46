package io.jiffusion.pipeline;

import io.jiffusion.train.Trainer;
import java.io.BufferedWriter;
import java.io.IOException;
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
      channel.truncate(
          lengthOf(
              Files.readAllBytes(file),
              steps)); // never empty in between: a kill must not lose lines
    }
    out = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
  }

  /** Bytes of the first lines. */
  private static int lengthOf(byte[] text, long lines) {
    int length = 0;
    for (int i = 0; i < text.length && lines > 0; i++) {
      if (text[i] == '\n') {
        length = i + 1;
        lines--;
      }
    }
    return length;
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
