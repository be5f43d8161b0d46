package io.jiffusion.pipeline;

import io.jiffusion.train.Trainer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The file {@code metrics.jsonl} of a run: a JSON line a step. Nothing in it depends on time, so resuming repeats it exactly. */
final class Metrics implements AutoCloseable {
  private final BufferedWriter out;

  /** Opens the file, keeping the lines of the first {@code steps} steps. */
  Metrics(Path folder, long steps) throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    if (Files.exists(file)) {
      List<String> lines = Files.readAllLines(file);
      Files.write(file, lines.subList(0, (int) Math.min(steps, lines.size())));
    }
    out = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  void add(Trainer.Step step) throws IOException {
    out.write("{\"step\":" + step.step() + ",\"loss\":" + (float) step.loss() + ",\"gradientNorm\":"
        + (float) step.gradientNorm() + "}\n");
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
