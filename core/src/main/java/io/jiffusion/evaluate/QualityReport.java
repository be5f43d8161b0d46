package io.jiffusion.evaluate;

import java.util.List;
import java.util.Map;

/**
 * Sets of images measured alike against one reference. Plain values, so that it becomes JSON as it
 * is.
 *
 * @param features by which they were compared
 * @param reference what they were compared with
 * @param rows one a set
 * @param notes what a reader has to know, such as a distance of too few images
 * @param provenance what else it takes to do it again: the command, versions, the machine
 */
public record QualityReport(
    FeatureSource features,
    Reference reference,
    List<Row> rows,
    List<String> notes,
    Map<String, String> provenance) {

  public QualityReport {
    rows = List.copyOf(rows);
    notes = List.copyOf(notes);
  }

  /**
   * What sets are compared with.
   *
   * @param name such as {@code mnist, train}
   * @param fingerprint tells whether two references are the same
   * @param images how many it has
   */
  public record Reference(String name, String fingerprint, long images) {}

  /**
   * One set.
   *
   * @param name such as {@code bundled, ddim-50, guidance 2}
   * @param run how it was sampled; null for a set that was given
   * @param fingerprint tells whether two sets are the same
   * @param images how many it has
   * @param measurements of it, in the order of {@link Measure}; what could not be measured is
   *     missing
   * @param classes what a classifier saw in it; null without one
   */
  public record Row(
      String name,
      Run run,
      String fingerprint,
      int images,
      List<Measurement> measurements,
      Classes classes) {

    public Row {
      measurements = List.copyOf(measurements);
    }
  }

  /**
   * How a set was sampled.
   *
   * @param model as it was given
   * @param weights SHA-256 of the file of the model's weights
   * @param sampler as in a request
   * @param evaluations of the network for an image
   * @param guidance 1 for none
   * @param seed of the first image
   * @param seconds of an image, the whole set at once; null where nobody has measured them
   */
  public record Run(
      String model,
      String weights,
      String sampler,
      long evaluations,
      double guidance,
      long seed,
      Double seconds) {}

  /**
   * One number.
   *
   * @param measure what was measured
   * @param value the number
   * @param error its standard error; null where none is known
   * @param by how the error was found
   * @param images how many of the set it took
   * @param real the same of equally many real images; null where there were none
   */
  public record Measurement(
      Measure measure, double value, Double error, String by, long images, Double real) {}

  /**
   * What a classifier saw in images that should show certain classes.
   *
   * @param names of the classes
   * @param accuracy share of each class that was found
   * @param confusion counts; row: the class asked for, column: the class found
   */
  public record Classes(List<String> names, List<Double> accuracy, List<List<Integer>> confusion) {}
}
