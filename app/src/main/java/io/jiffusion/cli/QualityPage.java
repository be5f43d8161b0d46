package io.jiffusion.cli;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Images;
import io.jiffusion.evaluate.Evaluation.Judged;
import io.jiffusion.evaluate.FeatureSource;
import io.jiffusion.evaluate.Measure;
import io.jiffusion.evaluate.Neighbours;
import io.jiffusion.evaluate.QualityReport;
import io.jiffusion.evaluate.QualityReport.Measurement;
import io.jiffusion.evaluate.QualityReport.Row;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * A quality report as one page, with its pictures in it: nothing is loaded from anywhere, nothing
 * runs. Names come from outside, and are escaped.
 */
final class QualityPage {
  private static final int COLUMNS = 16;
  private static final int PAIRS = 8;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1240px; padding: 1rem; }
      h1 { font-size: 1.6rem; margin: 0.5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
      h3 { font-size: 1rem; margin: 1.2rem 0 0.3rem; }
      .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
      th, td { padding: 0.3rem 0.45rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
      th:first-child, td:first-child { text-align: left; } small { opacity: 0.7; display: block; }
      td.best { font-weight: 700; } td.best small { font-weight: 400; }
      img { max-width: 100%; height: auto; display: block; margin: 0.3rem 0; }
      .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 1rem; }
      .told td { white-space: normal; overflow-wrap: anywhere; text-align: left; vertical-align: top; }
      .told td:first-child { white-space: nowrap; }
      code { font-family: ui-monospace, monospace; font-size: 0.9em; }
      """;

  private final QualityReport report;
  private final List<Judged> judged;
  private final Neighbours unseen;
  private final StringBuilder html = new StringBuilder();

  private QualityPage(QualityReport report, List<Judged> judged, Neighbours unseen) {
    this.report = report;
    this.judged = judged;
    this.unseen = unseen;
  }

  /**
   * Writes the page, whole or not at all.
   *
   * @param judged the sets of the report's rows, in their order
   * @param unseen real images beside the nearest training images; null for none
   */
  static void write(Path file, QualityReport report, List<Judged> judged, Neighbours unseen) {
    String html = new QualityPage(report, judged, unseen).html();
    ByteBuffer bytes = ByteBuffer.wrap(html.getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(file, channel -> channel.write(bytes));
  }

  private String html() {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
        .append("<title>Quality report</title><style>\n" + STYLE + "</style></head>\n<body>\n");
    html.append("<h1>Quality report</h1>\n<p>")
        .append(escaped(report.features().distance()))
        .append(", against ")
        .append(escaped(report.reference().name()))
        .append(
            ". Beside each number its standard error and, in small print, what equally many real ")
        .append("images reach; the best of a column is bold.</p>\n");
    table();
    if (!report.notes().isEmpty()) {
      html.append("<ul>\n");
      report.notes().forEach(note -> html.append("<li>" + escaped(note) + "</li>\n"));
      html.append("</ul>\n");
    }
    plots();
    classes();
    pictures();
    provenance();
    return html.append("</body></html>\n").toString();
  }

  private void table() {
    List<Measure> measures = QualityTable.measures(report);
    html.append("<div class=\"wide\"><table><tr><th></th><th>images</th>");
    measures.forEach(measure -> html.append("<th>" + title(measure) + "</th>"));
    html.append("</tr>\n");
    for (Row row : report.rows()) {
      html.append("<tr><td>" + escaped(row.name()) + "</td><td>" + row.images() + "</td>");
      for (Measure measure : measures) {
        Measurement found = QualityTable.of(row, measure);
        html.append(best(measure, found) ? "<td class=\"best\">" : "<td>");
        String[] value = QualityTable.value(found).split(" \\+- ");
        html.append(value[0]);
        if (value.length > 1) {
          html.append("<small>± " + value[1] + "</small>");
        }
        if (found != null && found.real() != null) {
          html.append("<small>real " + QualityTable.real(found) + "</small>");
        }
        html.append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private String title(Measure measure) {
    return measure.label(report.features())
        + switch (measure.better()) {
          case LOWER -> " ↓";
          case HIGHER -> " ↑";
          case NEITHER -> "";
        };
  }

  private boolean best(Measure measure, Measurement found) {
    if (found == null || measure.better() == Measure.Better.NEITHER || report.rows().size() < 2) {
      return false;
    }
    double sign = measure.better() == Measure.Better.LOWER ? 1 : -1;
    return report.rows().stream()
        .map(row -> QualityTable.of(row, measure))
        .allMatch(other -> other == null || sign * found.value() <= sign * other.value());
  }

  // ---- plots ----

  private void plots() {
    Measure distance =
        QualityTable.measures(report).stream()
            .filter(measure -> measure.better() == Measure.Better.LOWER)
            .findFirst()
            .orElse(null);
    List<BufferedImage> plots = new ArrayList<>();
    if (distance != null) {
      over(plots, distance, "evaluations of an image", row -> row.run().evaluations());
      over(
          plots,
          distance,
          "seconds of an image",
          row -> row.run().seconds() == null ? Double.NaN : row.run().seconds());
    }
    balance(plots);
    if (!plots.isEmpty()) {
      html.append("<h2>Plots</h2>\n<div class=\"plots\">\n");
      plots.forEach(plot -> picture(plot, "plot"));
      html.append("</div>\n");
    }
  }

  /** A distance over what it costs, a line for each model, sampler and guidance. */
  private void over(
      List<BufferedImage> plots, Measure distance, String cost, ToDoubleFunction<Row> x) {
    Map<String, List<Row>> lines = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      if (row.run() != null && QualityTable.of(row, distance) != null && x.applyAsDouble(row) > 0) {
        lines.computeIfAbsent(line(row), name -> new ArrayList<>()).add(row);
      }
    }
    if (lines.values().stream().mapToInt(List::size).sum() < 2) {
      return;
    }
    List<Plots.Measured> all = new ArrayList<>();
    lines.forEach(
        (name, rows) -> {
          List<Row> ordered =
              rows.stream()
                  .sorted((a, b) -> Double.compare(x.applyAsDouble(a), x.applyAsDouble(b)))
                  .toList();
          all.add(
              new Plots.Measured(
                  name,
                  ordered.stream().mapToDouble(x).toArray(),
                  values(ordered, distance),
                  ordered.stream().mapToDouble(row -> error(row, distance)).toArray()));
        });
    String title = distance.label(report.features()) + " against " + cost;
    plots.add(Plots.measured(title, cost, distance.label(report.features()), all, true));
  }

  private static String line(Row row) {
    return row.run().model()
        + ", "
        + row.run().sampler()
        + (row.run().guidance() == 1 ? "" : ", guidance " + row.run().guidance());
  }

  private static double error(Row row, Measure measure) {
    Double error = QualityTable.of(row, measure).error();
    return error == null ? 0 : error;
  }

  private void balance(List<BufferedImage> plots) {
    Map<String, List<Row>> lines = new LinkedHashMap<>();
    for (Row row : report.rows()) {
      if (QualityTable.of(row, Measure.PRECISION) != null
          && QualityTable.of(row, Measure.RECALL) != null) {
        String name = row.run() == null ? row.name() : line(row);
        lines.computeIfAbsent(name, any -> new ArrayList<>()).add(row);
      }
    }
    List<Plots.Measured> all = new ArrayList<>();
    lines.forEach(
        (name, rows) ->
            all.add(
                new Plots.Measured(
                    name,
                    values(rows, Measure.RECALL),
                    values(rows, Measure.PRECISION),
                    rows.stream().mapToDouble(row -> error(row, Measure.PRECISION)).toArray())));
    if (lines.values().stream().mapToInt(List::size).sum() > 1) {
      plots.add(Plots.measured("Precision against recall", "recall", "precision", all, false));
    }
  }

  private static double[] values(List<Row> rows, Measure measure) {
    return rows.stream().mapToDouble(row -> QualityTable.of(row, measure).value()).toArray();
  }

  // ---- classes and pictures ----

  private void classes() {
    List<Row> rows = report.rows().stream().filter(row -> row.classes() != null).toList();
    if (rows.isEmpty()) {
      return;
    }
    html.append("<h2>Right class, in percent</h2>\n<div class=\"wide\"><table><tr><th></th>");
    rows.get(0).classes().names().forEach(name -> html.append("<th>" + escaped(name) + "</th>"));
    html.append("</tr>\n");
    for (Row row : rows) {
      html.append("<tr><td>" + escaped(row.name()) + "</td>");
      for (double share : row.classes().accuracy()) {
        html.append("<td>")
            .append(Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * share))
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private void pictures() {
    html.append("<h2>Images</h2>\n");
    for (Judged each : judged) {
      html.append("<h3>" + escaped(each.row().name()) + "</h3>\n");
      int columns = Math.min(COLUMNS, each.sheet().count());
      picture(Grid.of(each.sheet(), columns, List.of()), "images of " + each.row().name());
    }
    if (judged.stream().anyMatch(each -> each.neighbours() != null)) {
      html.append(
              "<h2>Nearest training images</h2>\n<p>Below each image the training image that is ")
          .append(
              "nearest to it, and the distance between the two; beside images that were made, real ")
          .append("ones that no model has seen.</p>\n");
      for (Judged each : judged) {
        pairs(each.row().name(), each.neighbours());
      }
      pairs("real images that were not trained on", unseen);
    }
  }

  private void pairs(String name, Neighbours neighbours) {
    if (neighbours == null) {
      return;
    }
    html.append("<h3>" + escaped(name) + "</h3>\n");
    int count = neighbours.images().count();
    for (int from = 0; from < count; from += PAIRS) {
      int end = Math.min(from + PAIRS, count);
      List<String> labels = new ArrayList<>();
      IntStream.range(from, end).forEach(i -> labels.add(""));
      neighbours
          .distances()
          .subList(from, end)
          .forEach(distance -> labels.add(String.format(Locale.ROOT, "%.2f", distance)));
      Images both =
          neighbours.images().range(from, end).plus(neighbours.nearest().range(from, end));
      picture(Grid.of(both, end - from, labels), "images above the nearest training images");
    }
  }

  private void picture(BufferedImage picture, String alternative) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", out);
    } catch (IOException e) {
      throw new JiffusionException("cannot make a picture of the report: " + e.getMessage(), e);
    }
    html.append("<img alt=\"" + escaped(alternative) + "\" width=\"" + picture.getWidth())
        .append("\" height=\"" + picture.getHeight() + "\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(out.toByteArray()))
        .append("\"/>\n");
  }

  // ---- where it comes from ----

  private void provenance() {
    FeatureSource source = report.features();
    html.append("<h2>Where every number comes from</h2>\n<table class=\"told\">\n");
    told(
        "features",
        source.network() + (source.layer().isEmpty() ? "" : ", layer " + source.layer()));
    told("their weights", "sha256 " + source.sha256());
    told("preparation", source.preparation());
    told("reference", report.reference().name() + ": " + report.reference().fingerprint());
    for (Row row : report.rows()) {
      told(row.name(), row.fingerprint());
      if (row.run() != null) {
        told(
            "",
            "model "
                + row.run().model()
                + ", sha256 "
                + row.run().weights()
                + "; sampler "
                + row.run().sampler()
                + ", "
                + row.run().evaluations()
                + " evaluations, guidance "
                + row.run().guidance()
                + ", first seed "
                + row.run().seed());
      }
    }
    String errors =
        report.rows().stream()
            .flatMap(row -> row.measurements().stream())
            .filter(each -> each.error() != null)
            .collect(
                Collectors.groupingBy(
                    Measurement::by,
                    LinkedHashMap::new,
                    Collectors.mapping(
                        each -> each.measure().label(report.features()),
                        Collectors.toCollection(LinkedHashSet::new))))
            .entrySet()
            .stream()
            .map(entry -> String.join(", ", entry.getValue()) + ": " + entry.getKey())
            .collect(Collectors.joining("; "));
    told("standard errors", errors);
    report.provenance().forEach(this::told);
    html.append("</table>\n");
  }

  private void told(String what, String text) {
    html.append(
        "<tr><td>" + escaped(what) + "</td><td><code>" + escaped(text) + "</code></td></tr>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
