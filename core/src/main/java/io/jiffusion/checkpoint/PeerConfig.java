package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.config.Tree;
import java.math.BigDecimal;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A peer's configuration. Keys that we do not ask for are left alone: peers have many that change
 * nothing.
 *
 * @param keys the keys of this group
 * @param place of the group, for messages
 */
public record PeerConfig(Map<String, Tree> keys, String place) {
  /** No size or count of a peer's model is larger. */
  private static final int LARGEST = 1 << 24;

  /** Reads a JSON or YAML file, by its extension. */
  public static PeerConfig read(Path file) {
    try {
      boolean yaml = file.toString().matches(".*\\.ya?ml");
      return of(yaml ? Tree.file(file, true) : Tree.pythonFile(file));
    } catch (NoSuchFileException e) {
      throw new JiffusionException("cannot read " + file + ": there is no such file", e);
    }
  }

  /** Flags of a Python program, as {@code --image_size 64 --learn_sigma True}. */
  static PeerConfig flags(String text) {
    Map<String, Tree> keys = new LinkedHashMap<>();
    String[] words = text.strip().split("[\\s=]+");
    for (int i = 0; i < words.length; i += 2) {
      if (!words[i].startsWith("--") || i + 1 == words.length) {
        throw new JiffusionException(
            "illegal flags: " + Shown.value(words[i]) + ", must be --NAME VALUE, again and again");
      }
      keys.put(
          words[i].substring(2), new Tree(value(words[i + 1]), "flag " + Shown.value(words[i])));
    }
    return new PeerConfig(keys, "flags");
  }

  /**
   * These and those of another place.
   *
   * @throws JiffusionException that names both where they contradict each other
   */
  PeerConfig with(PeerConfig other) {
    Map<String, Tree> all = new LinkedHashMap<>(other.keys);
    keys.forEach(
        (key, tree) -> {
          Tree there = all.put(key, tree);
          if (there != null && !there.toString().equals(tree.toString())) {
            throw new JiffusionException(
                key
                    + " is "
                    + Shown.value(tree)
                    + " by "
                    + tree.place()
                    + " and "
                    + Shown.value(there)
                    + " by "
                    + there.place()
                    + ", must be the same; leave one out");
          }
        });
    return new PeerConfig(all, other.place + " and " + place);
  }

  private static Object value(String word) {
    if (word.matches("(?i)true|false")) {
      return Boolean.parseBoolean(word);
    }
    BigDecimal number = word.startsWith("+") ? null : Tree.number(word);
    return number == null ? word : number;
  }

  public static PeerConfig of(Tree tree) {
    if (!(tree.value() instanceof Map)) {
      throw new JiffusionException(tree.place() + " must be a group of keys");
    }
    return new PeerConfig(tree.fields(), tree.place());
  }

  /** No keys: every value is its default. */
  static PeerConfig none(String place) {
    return new PeerConfig(new LinkedHashMap<>(), place);
  }

  /** Whether a key is there with a value that is not null. */
  boolean has(String key) {
    return keys.get(key) != null && keys.get(key).value() != null;
  }

  /** A group inside; one without keys if there is none. */
  PeerConfig group(String key) {
    return has(key) ? of(keys.get(key)) : none(place + ", " + key);
  }

  int whole(String key) {
    return whole(needed(key), key);
  }

  /** A whole number, or another value if it is missing or null. */
  int whole(String key, int otherwise) {
    return has(key) ? whole(keys.get(key), key) : otherwise;
  }

  /** A finite number, or another value if it is missing or null. */
  double number(String key, double otherwise) {
    return has(key) ? real(keys.get(key), key) : otherwise;
  }

  /** A number, which may be infinite where the file says so. */
  double limit(String key, double otherwise) {
    return has(key) && keys.get(key).value() instanceof Double infinite && !infinite.isNaN()
        ? infinite
        : number(key, otherwise);
  }

  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    Object value = keys.get(key).value();
    if (value instanceof String text && text.matches("True|False")) { // as YAML 1.1 may write them
      return text.equals("True");
    }
    return value instanceof Boolean flag ? flag : fail(keys.get(key), key, "must be true or false");
  }

  String text(String key) {
    return text(needed(key), key);
  }

  String text(String key, String otherwise) {
    return has(key) ? text(keys.get(key), key) : otherwise;
  }

  List<String> texts(String key) {
    return items(needed(key), key).stream().map(item -> text(item, key)).toList();
  }

  /** A list of whole numbers; a single number is a list of one. */
  List<Integer> wholes(String key) {
    Tree tree = needed(key);
    return tree.value() instanceof List
        ? items(tree, key).stream().map(item -> whole(item, key)).toList()
        : List.of(whole(tree, key));
  }

  /** Rows and columns: two whole numbers, or one for both. */
  int[] size(String key) {
    List<Integer> size = wholes(key);
    if (size.isEmpty() || size.size() > 2) {
      fail(key, "must be one whole number or two, rows and columns");
    }
    return new int[] {size.get(0), size.get(size.size() - 1)};
  }

  /** A list of one or more sizes, each 1 or more; a single number is a list of one. */
  List<Integer> oneOrMore(String key) {
    List<Integer> all = wholes(key);
    return !all.isEmpty() && all.stream().allMatch(each -> each >= 1)
        ? all
        : fail(key, "must have one or more numbers, each 1 or more");
  }

  List<Double> numbers(String key) {
    return items(needed(key), key).stream().map(item -> real(item, key)).toList();
  }

  /**
   * Refuses a setting that changes the network to one that we do not have.
   *
   * @param only the value that we have, as text; {@code null} for none
   */
  void must(String key, String only) {
    String given = has(key) ? keys.get(key).toString() : "null";
    if (has(key) && !given.equals(only)) {
      fail(keys.get(key), key, "must be " + only + ", no other is known here");
    }
  }

  /** An error about a key. */
  <T> T fail(String key, String rule) {
    return fail(needed(key), key, rule);
  }

  private <T> T fail(Tree tree, String key, String rule) {
    throw new JiffusionException(
        "illegal " + key + ": " + Shown.value(tree) + ", " + rule + " (" + tree.place() + ")");
  }

  private Tree needed(String key) {
    if (!has(key)) {
      throw new JiffusionException("missing key " + key + " (" + place + ")");
    }
    return keys.get(key);
  }

  private int whole(Tree tree, String key) {
    BigDecimal number = number(tree, key);
    if (number.abs().compareTo(BigDecimal.valueOf(LARGEST)) > 0) {
      return fail(tree, key, "must be from -" + LARGEST + " to " + LARGEST);
    }
    try {
      return number.intValueExact();
    } catch (ArithmeticException e) {
      return fail(tree, key, "must be a whole number");
    }
  }

  private double real(Tree tree, String key) {
    double number = number(tree, key).doubleValue();
    return Double.isFinite(number) ? number : fail(tree, key, "is beyond all numbers");
  }

  private BigDecimal number(Tree tree, String key) {
    if (tree.value() instanceof BigDecimal number) {
      return number;
    }
    // YAML 1.1 takes 1e-4 for a text
    if (tree.value() instanceof String text && text.matches(".{1,200}[eE].{1,4}")) {
      BigDecimal number = Tree.number(text);
      if (number != null) {
        return number;
      }
    }
    return fail(tree, key, "must be a number");
  }

  private String text(Tree tree, String key) {
    if (tree.value() instanceof BigDecimal number) {
      return number.toPlainString(); // attention_resolutions may be 16 or 16,8
    }
    return tree.value() instanceof String text ? text : fail(tree, key, "must be a text");
  }

  private List<Tree> items(Tree tree, String key) {
    if (!(tree.value() instanceof List<?> list)) {
      return fail(tree, key, "must be a list");
    }
    List<Tree> items = new ArrayList<>();
    list.forEach(item -> items.add((Tree) item));
    return items;
  }
}
