package io.jiffusion.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.DoubleStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts as pictures. The only class that knows the chart library. */
final class Plots {
  private static final int PANEL = 280;
  private static final double RANGE = 2.5;
  private static final double LEAST = 1e-9; // a logarithmic axis has no 0
  private static final Color PALE = new Color(0x8F, 0xAE, 0xDD);
  private static final Color INK = new Color(0x1F, 0x4E, 0x9E, 90);

  private Plots() {}

  /** Points in the plane, with a title. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Panel(String title, float[] points) {}

  /** A row of scatter plots, all on the same axes. */
  static BufferedImage row(List<Panel> panels) {
    return rows(List.of(panels));
  }

  /** Rows of scatter plots, all on the same axes. */
  static BufferedImage rows(List<List<Panel>> rows) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(1);
    BufferedImage picture =
        new BufferedImage(columns * PANEL, rows.size() * PANEL, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < rows.get(r).size(); c++) {
        graphics.drawImage(scatter(rows.get(r).get(c)), c * PANEL, r * PANEL, null);
      }
    }
    graphics.dispose();
    return picture;
  }

  private static BufferedImage scatter(Panel panel) {
    int count = panel.points.length / 2;
    double[] x = new double[count];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      x[i] = panel.points[2 * i];
      y[i] = panel.points[2 * i + 1];
    }
    XYChart chart =
        new XYChartBuilder()
            .width(PANEL)
            .height(PANEL)
            .title(panel.title)
            .theme(ChartTheme.Matlab)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    styler.setXAxisMin(-RANGE).setXAxisMax(RANGE).setYAxisMin(-RANGE).setYAxisMax(RANGE);
    styler.setPlotGridLinesVisible(false).setAxisTicksVisible(false);
    styler.setMarkerSize(3).setLegendVisible(false);
    chart.addSeries("points", x, y).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(INK);
    return BitmapEncoder.getBufferedImage(chart);
  }

  /**
   * The loss of a run, a point for every so many steps.
   *
   * @param steps number of the last step of each group
   * @param losses mean of the group
   * @param averages of the groups around it
   */
  static BufferedImage loss(double[] steps, double[] losses, double[] averages) {
    XYChart chart = chart(800, 480, "Training loss", "step", "loss, logarithmic");
    chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
    LogAxis axis = new LogAxis(losses);
    axis.y(chart);
    line(chart, "mean of steps", steps, axis.of(losses), PALE, 1);
    line(chart, "moving average", steps, axis.of(averages), INK.darker().darker(), 2.5f);
    return BitmapEncoder.getBufferedImage(chart);
  }

  private static XYChart chart(int width, int height, String title, String x, String y) {
    return new XYChartBuilder()
        .width(width)
        .height(height)
        .title(title)
        .xAxisTitle(x)
        .yAxisTitle(y)
        .theme(ChartTheme.Matlab)
        .build();
  }

  private static void line(
      XYChart chart, String name, double[] x, double[] y, Color color, float width) {
    chart
        .addSeries(name, x, y)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(new Color(color.getRGB()))
        .setLineWidth(width);
  }

  /**
   * The terms of the variational bound over time.
   *
   * @param times where the steps start
   * @param terms bits per dimension
   */
  static BufferedImage terms(double[] times, double[] terms) {
    XYChart chart =
        chart(800, 480, "Terms of the variational bound", "t", "bits per dimension, logarithmic");
    chart.getStyler().setLegendVisible(false);
    double[] positive = DoubleStream.of(terms).map(x -> Math.max(x, LEAST)).toArray();
    LogAxis axis = new LogAxis(positive);
    axis.y(chart);
    chart
        .addSeries("terms", times, axis.of(positive))
        .setMarker(SeriesMarkers.CIRCLE)
        .setMarkerColor(INK.darker())
        .setLineColor(INK.darker())
        .setLineWidth(1.5f);
    return BitmapEncoder.getBufferedImage(chart);
  }

  /** A named line: distances at numbers of evaluations. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Line(String name, double[] evaluations, double[] distances) {}

  /** Distance to the exact flow against evaluations, both logarithmic: slopes are orders. */
  static BufferedImage convergence(List<Line> lines) {
    XYChart chart =
        chart(
            960,
            640,
            "Distance to the exact flow; the slopes are the orders",
            "evaluations of the network, logarithmic",
            "root mean square distance, logarithmic");
    chart.getStyler().setMarkerSize(7).setLegendPosition(LegendPosition.OutsideE);
    LogAxis x =
        new LogAxis(lines.stream().flatMapToDouble(l -> DoubleStream.of(l.evaluations)).toArray());
    LogAxis y =
        new LogAxis(lines.stream().flatMapToDouble(l -> DoubleStream.of(l.distances)).toArray());
    x.x(chart);
    y.y(chart);
    for (Line line : lines) {
      chart
          .addSeries(line.name, x.of(line.evaluations), y.of(line.distances))
          .setMarker(SeriesMarkers.CIRCLE)
          .setLineWidth(2);
    }
    return BitmapEncoder.getBufferedImage(chart);
  }

  /** Measured points in order, with their standard errors. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Measured(String name, double[] x, double[] y, double[] errors) {}

  /**
   * Measured numbers over others.
   *
   * @param logarithmic whether the axis of the others is
   */
  static BufferedImage measured(
      String title, String x, String y, List<Measured> all, boolean logarithmic) {
    XYChart chart = chart(520, 400, title, x + (logarithmic ? ", logarithmic" : ""), y);
    XYStyler styler = chart.getStyler();
    styler.setLegendPosition(LegendPosition.OutsideS).setMarkerSize(9);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
    if (logarithmic) {
      new LogAxis(all.stream().flatMapToDouble(each -> DoubleStream.of(each.x)).toArray()).x(chart);
    }
    for (Measured each : all) {
      chart.addSeries(each.name, each.x, each.y, each.errors).setLineWidth(1.5f);
    }
    return BitmapEncoder.getBufferedImage(chart);
  }
}
