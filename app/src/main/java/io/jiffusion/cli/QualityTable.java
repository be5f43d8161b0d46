package io.jiffusion.cli;

import io.jiffusion.evaluate.FeatureSource;
import io.jiffusion.evaluate.Measure;
import io.jiffusion.evaluate.QualityReport;
import io.jiffusion.evaluate.QualityReport.Measurement;
import io.jiffusion.evaluate.QualityReport.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A quality report as text: one line a set, under it what real images reach at the same number; the
 * columns in blocks that fit a terminal. ASCII.
 */
final class QualityTable {
  private static final int WIDTH = 100;
  private static final String REAL = "real images";

  private QualityTable() {}

  static String of(QualityReport report) {
    List<String> parts = new ArrayList<>();
    parts.add(
        report.features().distance()
            + (report.features().layer().isEmpty() ? "" : ", layer " + report.features().layer())
            + "; preparation: "
            + report.features().preparation()
            + "\nagainst "
            + report.reference().name()
            + ", "
            + (report.reference().images() > 0
                ? report.reference().images() + " images"
                : "statistics")
            + "; +- is a standard error (of IS and of KID by\nsubsets the standard deviation over parts), 'real' what as many real images reach");
    parts.addAll(blocks(report, measures(report)));
    report.rows().stream()
        .filter(row -> row.classes() != null && row.classes().names().size() <= 20)
        .findFirst()
        .ifPresent(row -> parts.add(classes(report.rows(), row.classes().names())));
    if (!report.notes().isEmpty()) {
      parts.add(report.notes().stream().map(note -> "- " + note).collect(Collectors.joining("\n")));
    }
    return String.join("\n\n", parts).replace("\n", System.lineSeparator());
  }

  /** All that was measured of some set. */
  static List<Measure> measures(QualityReport report) {
    return Arrays.stream(Measure.values())
        .filter(measure -> report.rows().stream().anyMatch(row -> of(row, measure) != null))
        .toList();
  }

  static Measurement of(Row row, Measure measure) {
    return row.measurements().stream()
        .filter(each -> each.measure() == measure)
        .findFirst()
        .orElse(null);
  }

  /** As many columns side by side as fit. */
  private static List<String> blocks(QualityReport report, List<Measure> measures) {
    List<Row> rows = report.rows();
    FeatureSource features = report.features();
    List<String> blocks = new ArrayList<>();
    List<String[]> block = new ArrayList<>();
    String[] names = column("", rows, Row::name, false);
    String[] images = column("images", rows, row -> Integer.toString(row.images()), true);
    int width = 0;
    for (Measure measure : measures) {
      String[] values = column(measure.label(features), rows, row -> value(of(row, measure)), true);
      String[] real = column("real", rows, row -> real(of(row, measure)), true);
      int more = values[0].length() + real[0].length() + 4;
      if (width + more > WIDTH && block.size() > 2) {
        blocks.add(text(block));
        block.clear();
      }
      if (block.isEmpty()) {
        block.add(names);
        block.add(images);
        width = names[0].length() + images[0].length() + 2;
      }
      block.add(values);
      block.add(real);
      width += more;
    }
    if (!block.isEmpty()) {
      blocks.add(text(block));
    }
    return blocks;
  }

  private static String[] column(
      String title, List<Row> rows, Function<Row, String> text, boolean right) {
    List<String> cells = new ArrayList<>();
    cells.add(title);
    rows.forEach(row -> cells.add(text.apply(row)));
    int width = cells.stream().mapToInt(String::length).max().orElse(0);
    String format = "%" + (right ? "" : "-") + Math.max(width, 1) + "s";
    return cells.stream().map(cell -> String.format(format, cell)).toArray(String[]::new);
  }

  private static String text(List<String[]> columns) {
    return IntStream.range(0, columns.get(0).length)
        .mapToObj(
            line -> columns.stream().map(cells -> cells[line]).collect(Collectors.joining("  ")))
        .map(String::stripTrailing)
        .collect(Collectors.joining("\n"));
  }

  /** The share of the right class, of every class, in percent. */
  private static String classes(List<Row> rows, List<String> names) {
    List<String[]> columns = new ArrayList<>();
    List<Row> judged = rows.stream().filter(row -> row.classes() != null).toList();
    columns.add(column("right (%) of", judged, Row::name, false));
    for (int c = 0; c < names.size(); c++) {
      int number = c;
      columns.add(
          column(
              names.get(c),
              judged,
              row -> {
                double share = row.classes().accuracy().get(number);
                return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * share);
              },
              true));
    }
    return text(columns);
  }

  static String value(Measurement measurement) {
    if (measurement == null) {
      return "-";
    }
    Double error = measurement.error();
    int places = places(measurement.value(), error);
    String value = number(measurement.value(), places);
    return error == null ? value : value + " +- " + number(error, places);
  }

  static String real(Measurement measurement) {
    return measurement == null || measurement.real() == null
        ? "-"
        : number(measurement.real(), places(measurement.value(), measurement.error()));
  }

  /** Digits after the point: as many as the error leaves two of. */
  private static int places(double value, Double error) {
    double least = error != null && error > 0 ? error : Math.abs(value) / 100;
    return least > 0 ? Math.max(0, Math.min(8, 1 - (int) Math.floor(Math.log10(least)))) : 2;
  }

  private static String number(double value, int places) {
    return String.format(Locale.ROOT, "%." + places + "f", value);
  }
}
