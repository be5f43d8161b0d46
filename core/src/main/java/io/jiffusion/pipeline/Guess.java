package io.jiffusion.pipeline;

import io.jiffusion.run.Nearest;
import java.util.Collection;

/** Finds the name that somebody meant. */
final class Guess {
  private Guess() {}

  /**
   * The nearest of the known names by edit distance, where a name that only lacks its group ({@code
   * batch} for {@code train.batch}) or is in the wrong one counts as near; null if none is near.
   */
  static String of(String name, Collection<String> known) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance =
          Math.min(
              Nearest.distance(name, candidate), 1 + Nearest.distance(last(name), last(candidate)));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return least <= Math.max(2, last(name).length() / 3) ? best : null;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
