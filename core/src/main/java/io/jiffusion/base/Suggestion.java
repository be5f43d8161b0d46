package io.jiffusion.base;

import java.util.Collection;

/** Finds the word that somebody meant and wrote otherwise. */
public final class Suggestion {
  private static final int LONGEST = 200;

  private Suggestion() {}

  /**
   * The known word with the smallest edit distance (Levenshtein) to the given one; the first of
   * equals.
   */
  public static String nearest(String word, Collection<String> known) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(word, candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best;
  }

  /**
   * The nearest of the known names by edit distance, where a name that only lacks its group ({@code
   * batch} for {@code train.batch}) or is in the wrong one counts as near; null if none is near.
   */
  public static String of(String name, Collection<String> known) {
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

  /**
   * Levenshtein's distance: the fewest insertions, deletions and replacements of a letter. A text
   * longer than any word is as far away as it is long.
   */
  public static int distance(String a, String b) {
    if (Math.max(a.length(), b.length()) > LONGEST) {
      return Math.max(a.length(), b.length());
    }
    // row[j]: distance of the first i letters of a to the first j of b
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
        row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }
}
