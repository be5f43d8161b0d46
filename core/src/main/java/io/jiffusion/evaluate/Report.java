package io.jiffusion.evaluate;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Sets of images measured alike: generated ones beside real ones. Plain numbers, so that it becomes
 * JSON as it is.
 *
 * @param rows one a set
 */
public record Report(List<Row> rows) {

  /**
   * One set of images.
   *
   * @param name of the set, such as {@code ddim-50, guidance 2}
   * @param images how many
   * @param accuracy share that shows the class it should, as judged by the classifier
   * @param accuracyByClass the same of each class
   * @param confusion counts; row: the class asked for, column: the class found
   * @param frechet Fréchet distance of the classifier's features to those of the test images; null
   *     where it says nothing
   * @param nearest mean distance to the nearest training image, values in [−1, 1]; null where it
   *     was not measured
   */
  public record Row(
      String name,
      int images,
      double accuracy,
      List<Double> accuracyByClass,
      List<List<Integer>> confusion,
      Double frechet,
      Double nearest) {

    /**
     * The row of images that a classifier has looked at; null for a distance that was not measured.
     */
    public static Row of(String name, Confusion confusion, Double frechet, Double nearest) {
      List<Double> byClass =
          IntStream.range(0, confusion.counts().size()).mapToObj(confusion::accuracy).toList();
      return new Row(
          name,
          confusion.images(),
          confusion.accuracy(),
          byClass,
          confusion.counts(),
          frechet,
          nearest);
    }
  }

  public Report {
    rows = List.copyOf(rows);
  }

  /**
   * Two tables for people: the measures of each set, and the accuracy by class in percent. ASCII,
   * no trailing newline.
   */
  public String table() {
    int width = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    String name = "%-" + Math.max(width, 14) + "s";
    String measures =
        rows.stream()
            .map(
                row ->
                    String.format(
                        Locale.ROOT,
                        name + "  %6d  %6.2f%%  %7s  %7s%n",
                        row.name(),
                        row.images(),
                        100 * row.accuracy(),
                        number(row.frechet()),
                        number(row.nearest())))
            .collect(Collectors.joining());
    String classes =
        rows.stream()
            .map(
                row ->
                    String.format(name, row.name())
                        + row.accuracyByClass().stream()
                            .map(share -> String.format(Locale.ROOT, " %6.1f", 100 * share))
                            .collect(Collectors.joining()))
            .collect(Collectors.joining(System.lineSeparator()));
    String numbers =
        IntStream.range(0, rows.isEmpty() ? 0 : rows.get(0).accuracyByClass().size())
            .mapToObj(c -> String.format(" %6d", c))
            .collect(Collectors.joining());
    return String.format(name + "  images    right  Frechet  nearest%n", "")
        + measures
        + String.format("%n" + name + "%s%n", "right (%) of", numbers)
        + classes;
  }

  private static String number(Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.2f", value);
  }
}
