package io.jiffusion.cli;

import io.jiffusion.pipeline.Stored;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What a checkpoint of another program does not say itself. */
final class CheckpointOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The checkpoint's configuration, JSON or YAML; by default the one beside it.")
  Path config;

  @Option(
      names = "--flags",
      paramLabel = "FLAGS",
      description =
          "The flags that OpenAI's programs were run with, in quotes: \"--image_size 64 …\".")
  String flags;

  @Option(
      names = "--weights",
      paramLabel = "W",
      defaultValue = "auto",
      description =
          "Which of its weights: ema, raw, or auto for the averaged ones if there are some.")
  String weights;

  Stored.Options options() {
    return new Stored.Options(config, flags, weights);
  }
}
