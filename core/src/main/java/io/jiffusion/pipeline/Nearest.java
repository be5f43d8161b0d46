package io.jiffusion.pipeline;

import java.util.Collection;

/** Finds the name that somebody meant. */
final class Nearest {
  private Nearest() {}

  /**
   * The nearest of the known names by edit distance, where a name that only lacks its group ({@code batch} for
   * {@code train.batch}) or is in the wrong one counts as near; null if none is near.
   */
  static String of(String name, Collection<String> known) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = Math.min(distance(name, candidate), 1 + distance(last(name), last(candidate)));
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

  /** Levenshtein's distance: the fewest insertions, deletions and replacements of a letter. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
