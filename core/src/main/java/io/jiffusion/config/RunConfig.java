package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.base.Suggestion;
import io.jiffusion.data.Dataset;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that defines a training run: what is learned, by which network, for which process, and how.
 *
 * <p>A configuration is read strictly, a preset first, then a file, then settings, each laid over
 * the one before; the result has no defaults left to guess: every value is in it.
 *
 * @param data what it learned from; null for a model that another program trained
 * @param network what learns
 * @param process what it denoises; null for an autoencoder
 * @param train how it learns; null for a model that another program trained
 */
public record RunConfig(
    @LeftOut DataConfig data,
    NetworkConfig network,
    @LeftOut ProcessConfig process,
    @LeftOut TrainConfig train) {

  public RunConfig {
    if (train != null && (data == null || process == null)) {
      throw new IllegalArgumentException(
          "illegal train, must come with data and process; take it out for an imported model");
    }
    Check.that(
        train == null
            || train.gamma().isEmpty()
            || process.isTable() && train.gamma().size() == process.steps(),
        "train.gamma",
        train == null ? "" : train.gamma().size() + " values",
        process != null && process.isTable()
            ? "must be none or " + process.steps() + ", one for each time"
            : "must be none for a process in continuous time");
    Check.that(
        data == null
            || data.classes() == null
            || data.classes().isEmpty()
            || network.classes() >= data.classes().size(),
        "data.classes",
        data == null ? null : data.classes(),
        "must not be more than the network's, "
            + "which has "
            + network.classes()
            + "; leave network.unet.classes at 0 to take those of the folder, or learn all pictures"
            + " as one kind by data.classes=[]");
    Check.that(
        train == null || train.labelDrop() == 0 || network.classes() > 1,
        "train.labelDrop",
        train == null ? 0 : train.labelDrop(),
        "must be 0 for a network without classes");
    Integer none = process == null ? null : process.known().nullClass();
    Check.that(
        none == null || none < network.classes(),
        "nullClass",
        none,
        network.classes() == 0
            ? "must be left out, because this model has no classes"
            : "must be from 0 to "
                + (network.classes() - 1)
                + ", a row of the model's class table");
    Check.that(
        none == null || train == null || train.labelDrop() > 0 && none == network.classes() - 1,
        "nullClass",
        none,
        train != null && train.labelDrop() > 0
            ? "must be " + (network.classes() - 1) + " as in the training, or left out"
            : "must be left out, because this model was trained without label dropout");
  }

  private static final double LABEL_DROP = 0.1;

  /** Names of the presets. */
  public static final List<String> PRESETS = List.of("mnist", "toy-scurve", "cifar10", "folder");

  /**
   * Reads a configuration.
   *
   * @param source the name of a preset, or a YAML or JSON file, which may begin with {@code preset:
   *     NAME}
   * @param settings changes such as {@code train.batch=32}, the value in YAML
   * @throws JiffusionException naming all unknown keys, missing keys and illegal values at once
   */
  public static RunConfig of(String source, List<String> settings) {
    Tree tree = PRESETS.contains(source) ? preset(source) : file(source);
    for (String group : List.of("data", "process", "train")) { // what is trained needs them all
      if (tree.value() instanceof Map && !tree.fields().containsKey(group)) {
        tree.fields().put(group, new Tree(new LinkedHashMap<String, Tree>(), tree.place()));
      }
    }
    return of(tree, settings);
  }

  private static Tree preset(String name) {
    if (!PRESETS.contains(name)) {
      throw new JiffusionException(
          "no preset " + name + ", presets are " + String.join(", ", PRESETS));
    }
    try (InputStream in = RunConfig.class.getResourceAsStream("/presets/" + name + ".yaml")) {
      return Tree.yaml(new String(in.readAllBytes(), StandardCharsets.UTF_8), "preset " + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tree file(String name) {
    Path path = Path.of(name);
    if (!Files.isRegularFile(path)) {
      String near = Suggestion.of(name, PRESETS);
      throw new JiffusionException(
          "no file or preset "
              + name
              + ", presets are "
              + String.join(", ", PRESETS)
              + (near == null ? "" : "; did you mean " + near + "?"));
    }
    Tree tree = tree(path);
    if (!(tree.value() instanceof Map) || !tree.fields().containsKey("preset")) {
      return tree;
    }
    Map<String, Tree> rest = new LinkedHashMap<>(tree.fields());
    return preset(rest.remove("preset").toString()).merge(new Tree(rest, tree.place()));
  }

  private static Tree tree(Path path) {
    try {
      return Tree.file(path, !path.toString().endsWith(".json"));
    } catch (NoSuchFileException e) {
      throw new JiffusionException("no file " + path + ", it was there a moment ago", e);
    }
  }

  /** The whole configuration as YAML, as it is printed before training and can be read again. */
  public String toYaml() {
    return Tree.of(this).toYaml();
  }

  /**
   * This configuration with changes such as {@code train.batch=32}.
   *
   * @throws JiffusionException naming all unknown keys and illegal values
   */
  public RunConfig with(List<String> settings) {
    return of(Tree.of(this), settings);
  }

  /** This configuration with its data in another place; pictures of a folder if it had none. */
  public RunConfig withData(Path path) {
    return data == null
        ? new RunConfig(new DataConfig("folder", path.toString(), false), network, process, train)
        : new RunConfig(data.at(path.toString()), network, process, train);
  }

  /**
   * This configuration as a run of it begins: a folder's sub-folders are its classes. A network
   * without classes gets them, with a row for "no class" that a tenth of the pictures is learned
   * by. {@code data.classes=[]} asks for none.
   */
  public RunConfig fitted() {
    if (data == null || !data.isFolder() || data.classes() != null) {
      return this;
    }
    List<String> names = data.look().classes();
    RunConfig sized = this;
    if (!names.isEmpty() && network.classes() == 0 && network.unet() != null) {
      sized =
          with(
              List.of(
                  "network.unet.classes=" + (names.size() + 1), "train.labelDrop=" + LABEL_DROP));
    }
    return new RunConfig(data.named(names), sized.network, process, sized.train);
  }

  /** What lies in the folder that is learned, in one sentence; empty for other data. */
  public String found() {
    return data == null || !data.isFolder() ? "" : data.look().told();
  }

  /** Names of the classes that a request may name; empty if they have none. */
  public List<String> classNames() {
    List<String> names = data == null ? List.of() : data.names();
    return names.size() == classes() ? names : List.of();
  }

  /**
   * The number of a class.
   *
   * @param name its name, or its number where the names are no numbers
   * @throws IllegalArgumentException if there is no such class
   */
  public int classOf(String name) {
    List<String> names = classNames();
    int named = names.indexOf(name);
    if (named >= 0) {
      return named;
    }
    boolean numbers = names.stream().anyMatch(each -> each.matches("\\d+"));
    Check.that(
        !numbers && name.matches("\\d{1,9}"),
        "class",
        name,
        names.isEmpty()
            ? "must be a number from 0"
            : "must be one of " + String.join(", ", names.subList(0, Math.min(names.size(), 20))));
    return Integer.parseInt(name);
  }

  /**
   * The numbers of classes.
   *
   * @param words their names, or numbers; a name with blanks or commas may have been taken apart at
   *     them
   * @throws IllegalArgumentException if one is no class
   */
  public int[] classesOf(List<String> words) {
    List<String> names =
        classNames().stream().map(name -> name.strip().replaceAll("[, ]+", " ")).toList();
    List<Integer> classes = new ArrayList<>();
    int next = 0;
    while (next < words.size()) {
      int end = words.size(); // of the longest name that begins here
      while (end > next + 1 && !names.contains(String.join(" ", words.subList(next, end)))) {
        end--;
      }
      int named = names.indexOf(String.join(" ", words.subList(next, end)));
      classes.add(named >= 0 ? named : classOf(words.get(next)));
      next = end;
    }
    return classes.stream().mapToInt(Integer::intValue).toArray();
  }

  /** This configuration with another precision. */
  public RunConfig withPrecision(String precision) {
    return with(List.of("train.precision=" + precision));
  }

  private static RunConfig of(Tree tree, List<String> settings) {
    Tree merged = tree;
    for (String setting : settings) {
      merged = merged.merge(Tree.setting(setting));
    }
    return Binder.bind(RunConfig.class, merged);
  }

  /** Rows of pixels of the network's input. */
  public int height() {
    return (int) network.network().input().size(1);
  }

  /**
   * Opens the data, fitted to the network.
   *
   * @throws JiffusionException if files are missing or wrong, or have other classes than the
   *     network
   */
  public Dataset dataset() {
    if (data == null) {
      throw new JiffusionException(
          "this model was trained by another program, so its data are not known: name a folder of"
              + " pictures by --data");
    }
    Dataset dataset = data.open(network.network().input());
    if (network.classes() > 0 && dataset.classes() != classes()) {
      throw new JiffusionException(
          "the data has "
              + dataset.classes()
              + " classes, must be "
              + classes()
              + " as network.unet.classes says; set it to the number of classes"
              + (train.labelDrop() > 0 ? " and one for no class" : ""));
    }
    return dataset;
  }

  /** Whether it is a diffusion model, not an autoencoder or a classifier. */
  public boolean isSampled() {
    return !network.isAutoencoder() && network.classifier() == null;
  }

  /** Whether it makes points in the plane, not images. */
  public boolean isToy() {
    return network.mlp() != null;
  }

  /**
   * This configuration with a row of the class table that stands for "no class", for a model that
   * does not say which.
   *
   * @param row null to leave it as it is
   * @throws JiffusionException if the model has no such row, or another for "no class"
   */
  public RunConfig withNullClass(Integer row) {
    Check.that(
        row == null || process != null,
        "nullClass",
        row,
        "must be left out, because this model tells no process");
    return row == null ? this : with(List.of("process.conventions.nullClass=" + row));
  }

  /** Number of classes that a request may name; 0 for a model without classes. */
  public int classes() {
    int rows = network.classes();
    return rows > 0 && nullClass() == rows - 1 ? rows - 1 : rows;
  }

  /**
   * The row of the class table that stands for "no class": the one that was told; else the last
   * one, if labels are dropped in training or the network is of a kind that always has it; else −1.
   */
  public int nullClass() {
    if (process != null && process.known().nullClass() != null) {
      return process.known().nullClass();
    }
    boolean has = train == null ? network.hasNullClass() : train.labelDrop() > 0;
    return has && network.classes() > 0 ? network.classes() - 1 : -1;
  }
}
