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
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts as pictures. The only class that knows the chart library. */
final class Plots {
  private static final int PANEL = 280;
  private static final double RANGE = 2.5;
  private static final double LEAST = 1e-9; // a logarithmic axis has no 0
  private static final Color INK = new Color(0x1F, 0x4E, 0x9E, 90);

  private Plots() {}

  /** Points in the plane, with a title. */
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
   */
  static BufferedImage loss(double[] steps, double[] losses) {
    XYChart chart =
        new XYChartBuilder()
            .width(800)
            .height(480)
            .title("Training loss")
            .xAxisTitle("step")
            .yAxisTitle("loss")
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setYAxisLogarithmic(true).setLegendVisible(false);
    chart
        .addSeries("loss", steps, losses)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(INK.darker())
        .setLineWidth(1.5f);
    return BitmapEncoder.getBufferedImage(chart);
  }

  /**
   * The terms of the variational bound over time.
   *
   * @param times where the steps start
   * @param terms bits per dimension
   */
  static BufferedImage terms(double[] times, double[] terms) {
    XYChart chart =
        new XYChartBuilder()
            .width(800)
            .height(480)
            .title("Terms of the variational bound")
            .xAxisTitle("t")
            .yAxisTitle("bits per dimension")
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setYAxisLogarithmic(true).setLegendVisible(false);
    chart
        .addSeries("terms", times, DoubleStream.of(terms).map(x -> Math.max(x, LEAST)).toArray())
        .setMarker(SeriesMarkers.CIRCLE)
        .setMarkerColor(INK.darker())
        .setLineColor(INK.darker())
        .setLineWidth(1.5f);
    return BitmapEncoder.getBufferedImage(chart);
  }

  /** A named line: distances at numbers of evaluations. */
  record Line(String name, double[] evaluations, double[] distances) {}

  /** Distance to the exact flow against evaluations, both logarithmic: slopes are orders. */
  static BufferedImage convergence(List<Line> lines) {
    XYChart chart =
        new XYChartBuilder()
            .width(960)
            .height(640)
            .title("Distance to the exact flow; the slopes are the orders")
            .xAxisTitle("evaluations of the network")
            .yAxisTitle("root mean square distance")
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    chart.getStyler().setMarkerSize(7).setLegendPosition(LegendPosition.OutsideE);
    for (Line line : lines) {
      chart
          .addSeries(line.name, line.evaluations, line.distances)
          .setMarker(SeriesMarkers.CIRCLE)
          .setLineWidth(2);
    }
    return BitmapEncoder.getBufferedImage(chart);
  }
}
