package io.jiffusion.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How often a classifier found each class in images that should show another or the same.
 *
 * @param counts row: the class that was asked for, column: the class that was found
 */
public record Confusion(List<List<Integer>> counts) {

  /**
   * Counts.
   *
   * @param desired the class that each image should show, 0 … classes−1
   * @param found the class that the classifier saw in it, 0 … classes−1
   * @throws IllegalArgumentException if the two differ in length or name a class that does not
   *     exist
   */
  public static Confusion of(int[] desired, int[] found, int classes) {
    if (desired.length != found.length || desired.length == 0) {
      throw new IllegalArgumentException(
          "illegal labels: "
              + desired.length
              + " desired and "
              + found.length
              + " found, must be equally many and at least 1");
    }
    int[][] counts = new int[classes][classes];
    for (int i = 0; i < desired.length; i++) {
      if (Math.min(desired[i], found[i]) < 0 || Math.max(desired[i], found[i]) >= classes) {
        throw new IllegalArgumentException(
            "illegal labels of image "
                + i
                + ": "
                + desired[i]
                + " desired and "
                + found[i]
                + " found, must be 0 to "
                + (classes - 1));
      }
      counts[desired[i]][found[i]]++;
    }
    return new Confusion(
        Arrays.stream(counts).map(row -> Arrays.stream(row).boxed().toList()).toList());
  }

  /** Number of images. */
  public int images() {
    return counts.stream().flatMap(List::stream).mapToInt(count -> count).sum();
  }

  /** Share of the images that show what they should. */
  public double accuracy() {
    return IntStream.range(0, counts.size()).map(c -> counts.get(c).get(c)).sum()
        / (double) images();
  }

  /** The same of the images of one class; NaN if there are none. */
  public double accuracy(int desired) {
    List<Integer> row = counts.get(desired);
    return row.get(desired) / (double) row.stream().mapToInt(count -> count).sum();
  }
}
