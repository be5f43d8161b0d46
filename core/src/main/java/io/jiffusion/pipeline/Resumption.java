package io.jiffusion.pipeline;

import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * With which settings a run may go on from a checkpoint. How it learns may change on the way: the
 * learning rate and its warm-up, the batch, how long, all of {@code train}, dropout and mirroring.
 * What the weights mean may not: the network, the process, the pictures and their classes, and
 * whether the last class stands for none. Where the pictures lie does not matter, only what they
 * are.
 */
final class Resumption {
  private static final String PICTURES = "pictures";
  private static final String LABEL_DROP = "train.labelDrop";

  /** Changes that do not make another run of it. */
  private static final List<String> HARMLESS =
      List.of(
          "data.path",
          "data.skipUnreadable",
          "train.steps",
          "train.minutes",
          "train.previewEvery",
          "train.checkpointEvery",
          "train.checkpointMinutes",
          "train.recompute");

  private Resumption() {}

  /** The settings of a run and what it learns from, as text that a checkpoint keeps. */
  static String settings(RunConfig config, Dataset data) {
    Map<String, Tree> flat = flat(Tree.of(config));
    HARMLESS.forEach(flat::remove);
    flat.put(PICTURES, new Tree(data.fingerprint(), ""));
    return new Tree(flat, "").toJson();
  }

  /**
   * Compares the settings of a checkpoint with those of now.
   *
   * @return the changes that make another run of it, such as {@code train.lr 0.001 → 0.0005}
   * @throws IllegalArgumentException if one of them changes what the weights mean; it tells all
   */
  static List<String> changes(String checkpoint, String now) {
    Map<String, Tree> before = flat(Tree.json(checkpoint, "the checkpoint's settings"));
    Map<String, Tree> after = flat(Tree.json(now, "the settings"));
    List<String> changes = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(after.keySet());
    names.removeAll(HARMLESS);
    for (String name : names) {
      String old = word(before.get(name));
      String given = word(after.get(name));
      if (!old.equals(given)) {
        (mayChange(name, old, given) ? changes : refused).add(name + " " + old + " → " + given);
      }
    }
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(
          "illegal settings for --resume: "
              + String.join(", ", refused)
              + ", must stay as they were, because the weights learned by them; choose another --out"
              + " to start anew");
    }
    return changes;
  }

  private static boolean mayChange(String name, String old, String given) {
    if (name.equals(LABEL_DROP)) { // without it, no class stands for none
      return !old.equals("0") && !given.equals("0");
    }
    return name.startsWith("train.") || name.equals("data.flip") || name.endsWith(".dropout");
  }

  private static String word(Tree value) {
    return value == null ? "(none)" : value.toString().isEmpty() ? "''" : value.toString();
  }

  private static Map<String, Tree> flat(Tree tree) {
    Map<String, Tree> flat = new TreeMap<>();
    walk("", tree, flat);
    return flat;
  }

  private static void walk(String name, Tree tree, Map<String, Tree> flat) {
    if (tree.value() instanceof Map) {
      String group = name.isEmpty() ? "" : name + ".";
      tree.fields().forEach((key, value) -> walk(group + key, value, flat));
    } else if (tree.value() != null) {
      flat.put(name, tree);
    }
  }
}
