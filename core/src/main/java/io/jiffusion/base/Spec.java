package io.jiffusion.base;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A name with options in one line of text, such as {@code ddim:eta=0.5} or {@code ddim:sigma-hat}:
 * so that a request can be typed, stored in a picture and sent.
 *
 * <p>Options are asked for one by one; {@link #done()} then refuses those that nobody asked for.
 */
public final class Spec {
  /** More names than these are not told in an error. */
  private static final int FEW = 8;

  private final String kind;
  private final String text;
  private final String name;
  private final Map<String, String> given = new LinkedHashMap<>();
  private final List<String> asked = new ArrayList<>();

  /**
   * Reads a text.
   *
   * @param kind what it names, for messages: "sampler"
   * @param names the known names
   * @throws IllegalArgumentException if the name is unknown or an option is given twice
   */
  public Spec(String kind, String text, Collection<String> names) {
    this.kind = kind;
    this.text = text;
    int colon = text.indexOf(':');
    this.name = (colon < 0 ? text : text.substring(0, colon)).strip();
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          "illegal "
              + kind
              + ": "
              + Shown.value(text)
              + ", must be one of "
              + (names.size() > FEW
                  ? "those that jiffusion " + kind + "s lists"
                  : String.join(", ", names))
              + "; the nearest is "
              + Suggestion.nearest(name, names));
    }
    if (colon >= 0) {
      for (String option : text.substring(colon + 1).split(",", -1)) {
        int equals = option.indexOf('=');
        String key = (equals < 0 ? option : option.substring(0, equals)).strip();
        if (given.put(key, equals < 0 ? "" : option.substring(equals + 1).strip()) != null) {
          throw new IllegalArgumentException(
              "illegal "
                  + kind
                  + ": "
                  + Shown.value(text)
                  + ", must give "
                  + Shown.value(key)
                  + " only once");
        }
      }
    }
  }

  public String name() {
    return name;
  }

  /** Whether the option is given as a bare word. */
  public boolean flag(String option) {
    asked.add(option);
    String value = given.remove(option);
    if (value != null && !value.isEmpty()) {
      throw illegal(option + "=" + value, option + " without a value");
    }
    return value != null;
  }

  /**
   * The option's text.
   *
   * @throws IllegalArgumentException if it is not given
   */
  public String text(String option) {
    asked.add(option);
    String value = given.remove(option);
    if (value == null || value.isEmpty()) {
      throw illegal(value == null ? "''" : option, "at least " + option + "=…");
    }
    return value;
  }

  /** The option's text, or what stands for it if it is not given. */
  public String text(String option, String otherwise) {
    return given.containsKey(option) ? text(option) : otherwise;
  }

  /** The option's number, or what stands for it if it is not given. */
  public double number(String option, double otherwise) {
    asked.add(option);
    String value = given.remove(option);
    if (value == null) {
      return otherwise;
    }
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw illegal(option + "=" + value, "a number, such as " + option + "=" + otherwise);
    }
  }

  /** The option's whole number, or what stands for it if it is not given. */
  public int whole(String option, int otherwise) {
    asked.add(option);
    String value = given.remove(option);
    if (value == null) {
      return otherwise;
    }
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw illegal(option + "=" + value, "a whole number, such as " + option + "=" + otherwise);
    }
  }

  /** The value that belongs to the option's word, or what stands for it if it is not given. */
  public <T> T choice(String option, Map<String, T> choices, T otherwise) {
    asked.add(option);
    String value = given.remove(option);
    if (value == null) {
      return otherwise;
    }
    if (!choices.containsKey(value)) {
      String words =
          choices.keySet().stream()
              .map(word -> option + "=" + word)
              .collect(Collectors.joining(", "));
      throw illegal(
          option + "=" + value,
          "one of " + words + "; the nearest is " + Suggestion.nearest(value, choices.keySet()));
    }
    return choices.get(value);
  }

  /** The value that the option's word names, with dashes for underscores: {@code log-rho}. */
  public <E extends Enum<E>> E choice(String option, E otherwise) {
    Map<String, E> choices = new LinkedHashMap<>();
    for (E value : otherwise.getDeclaringClass().getEnumConstants()) {
      choices.put(value.name().toLowerCase(Locale.ROOT).replace('_', '-'), value);
    }
    return choice(option, choices, otherwise);
  }

  /**
   * To be called after the last question.
   *
   * @throws IllegalArgumentException if an option is given that was not asked for
   */
  public void done() {
    for (String option : given.keySet()) {
      throw illegal(
          option.isEmpty() ? "''" : option,
          asked.isEmpty()
              ? "left out: " + name + " has none"
              : "one of "
                  + String.join(", ", asked)
                  + "; the nearest is "
                  + Suggestion.nearest(option, asked));
    }
  }

  private IllegalArgumentException illegal(String value, String rule) {
    return new IllegalArgumentException(
        "illegal option "
            + Shown.value(value)
            + " of "
            + kind
            + " "
            + Shown.value(text)
            + ", must be "
            + rule);
  }
}
