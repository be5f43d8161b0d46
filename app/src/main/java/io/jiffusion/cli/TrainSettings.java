package io.jiffusion.cli;

import io.jiffusion.base.Suggestion;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Help;
import picocli.CommandLine.Option;

/** The settings of a training: the common ones as options, all of them by --set. */
final class TrainSettings {
  private static final String PRESET = "mnist";

  private static final int COLUMN = 34;

  /** More letters than these are no slip. */
  private static final int FAR = 2;

  /** A slip in every so many letters. */
  private static final int SLIPS = 3;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "Folder of the data. Short for --set data.path=PATH.")
  String data;

  @Option(
      names = "--skip-unreadable",
      description =
          "Leave out pictures of a folder that cannot be read. Short for --set"
              + " data.skipUnreadable=true.")
  boolean skipUnreadable;

  @Option(
      names = {"-s", "--steps"},
      paramLabel = "N",
      description = "Stop after N steps in all. Short for --set train.steps=N.")
  Long steps;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "Stop after M minutes. Short for --set train.minutes=M.")
  Double minutes;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images a step. Short for --set train.batch=N.")
  Integer batch;

  @Option(
      names = "--lr",
      paramLabel = "R",
      description = "Learning rate. Short for --set train.lr=R.")
  Double lr;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "Rows and columns of the images, those of the network's input.")
  Integer size;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "From which every draw is derived. Short for --set train.seed=S.")
  Long seed;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = "fp32, bf16 or auto. Short for --set train.precision=P.")
  String precision;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Change any setting of the list below, such as train.ema=0.99; may be repeated.")
  List<String> settings = List.of();

  /**
   * The configuration with all changes.
   *
   * @param changed the configuration with some
   */
  RunConfig of(Function<List<String>, RunConfig> changed) {
    List<String> changes = new ArrayList<>(settings);
    add(changes, "train.steps", steps);
    add(changes, "train.minutes", minutes);
    add(changes, "train.batch", batch);
    add(changes, "train.lr", lr);
    add(changes, "train.seed", seed);
    add(changes, "train.precision", precision);
    if (data != null) {
      changes.add(path(data));
    }
    add(changes, "data.skipUnreadable", skipUnreadable ? true : null);
    if (size != null) {
      changes.addAll(
          0, Setting.sized(changed.apply(changes), size)); // what is set by name comes after
    }
    return changed.apply(changes);
  }

  private static void add(List<String> changes, String key, Object value) {
    if (value != null) {
      changes.add(key + "=" + value);
    }
  }

  /** The change of a configuration that takes its data from there. */
  static String path(String data) {
    return "data.path=\"" + data.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /** The settings as help shows them, with the values of a preset. */
  static String list(Help help, String source) {
    String preset = source != null && RunConfig.PRESETS.contains(source) ? source : PRESET;
    List<List<String>> rows = new ArrayList<>();
    for (Setting setting : Setting.of(RunConfig.of(preset, List.of()))) {
      rows.add(
          List.of(
              setting.key() + (setting.value().isEmpty() ? "" : "=" + setting.value()),
              setting.sentence()));
    }
    return String.format(
            "%nSettings of --set KEY=VALUE, with the values of the preset %s%n"
                + "(jiffusion train PRESET --help shows those of another):%n",
            preset)
        + Layout.table(help, COLUMN, rows);
  }

  /** What to type in place of an option that there is not; empty if nothing is like it. */
  static String instead(String option) {
    String[] words = option.split("=", 2);
    String name = squeezed(words[0]);
    String value = words.length > 1 ? words[1] : "VALUE";
    Setting best = null;
    int least = Math.min(FAR, name.length() / SLIPS) + 1;
    for (Setting setting : Setting.of(RunConfig.of(PRESET, List.of()))) {
      int distance = distance(name, setting);
      if (distance < least && (distance == 0 || !setting.value().isEmpty())) {
        best = setting;
        least = distance;
      }
    }
    return best == null
        ? ""
        : words[0]
            + " is a setting: --set "
            + best.key()
            + "="
            + value
            + " ("
            + best.sentence()
            + ")";
  }

  /** How far a typed name is from a setting's last word, or from what begins its sentence. */
  private static int distance(String name, Setting setting) {
    String key = squeezed(setting.key().replaceFirst(".*\\.", ""));
    boolean told = name.length() > FAR && squeezed(setting.sentence()).startsWith(name);
    boolean within = key.length() > FAR && name.startsWith(key); // ema-decay
    int slips = within ? 1 : Suggestion.distance(name, key);
    return told ? Math.min(FAR, slips) : slips;
  }

  private static String squeezed(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }
}
