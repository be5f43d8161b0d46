package io.jiffusion.base;

import java.util.List;

/** Checks of arguments: the value, the rule. */
public final class Check {
  private Check() {}

  public static void that(boolean legal, String name, Object value, String rule) {
    if (!legal) {
      throw new IllegalArgumentException(
          "illegal " + name + ": " + Shown.value(value) + ", " + rule);
    }
  }

  public static void range(String name, int value, int least, int most) {
    that(value >= least && value <= most, name, value, "must be from " + least + " to " + most);
  }

  /** Of each of several. */
  public static void range(String name, List<Integer> values, int least, int most) {
    values.forEach(value -> range(name, value, least, most));
  }

  public static void oneOf(List<String> names, String name, String value) {
    if (!names.contains(value)) {
      String near = Suggestion.of(value, names);
      throw new IllegalArgumentException(
          "illegal "
              + name
              + ": "
              + Shown.value(value)
              + ", must be one of "
              + String.join(", ", names)
              + (near == null ? "" : "; did you mean " + near + "?"));
    }
  }
}
