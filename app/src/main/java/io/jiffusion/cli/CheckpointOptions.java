package io.jiffusion.cli;

import io.jiffusion.checkpoint.ReadOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Option(
      names = "--scheduler",
      paramLabel = "S",
      description =
          "Its process, where it does not say it or another is wanted: diffusers'"
              + " scheduler_config.json, a class such as DDPMScheduler, or a schedule such as linear.")
  String scheduler;

  /** The options that were given, as words of a command. */
  List<String> words() {
    List<String> words = new ArrayList<>();
    word(words, "--config", config);
    word(words, "--flags", flags);
    word(words, "--weights", weights.equals("auto") ? null : weights);
    word(words, "--scheduler", scheduler);
    return words;
  }

  private static void word(List<String> words, String name, Object value) {
    if (value != null) {
      words.add(name);
      words.add(value.toString());
    }
  }

  ReadOptions options() {
    return new ReadOptions(config, flags, weights, scheduler);
  }
}
