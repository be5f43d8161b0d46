package io.jiffusion.cli;

import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;

/**
 * A logarithmic axis from a power of ten to another, so that there are numbers to read at it: the
 * chart library writes them at powers of ten alone, and of a short axis it would write none.
 */
final class LogAxis {
  private static final double LEAST = 1e-12; // 0 has no logarithm

  private final double min;
  private final double max;

  /** An axis on which these values are. */
  LogAxis(double[] values) {
    double[] positive = of(values);
    double low = Math.floor(Math.log10(DoubleStream.of(positive).min().orElse(1)));
    double high = Math.ceil(Math.log10(DoubleStream.of(positive).max().orElse(1)));
    min = Math.pow(10, low);
    max = Math.pow(10, Math.max(high, low + 1));
  }

  /** What is drawn of values. */
  double[] of(double[] values) {
    return DoubleStream.of(values).map(x -> Math.max(x, LEAST)).toArray();
  }

  void x(XYChart chart) {
    chart.getStyler().setXAxisLogarithmic(true).setXAxisMin(min).setXAxisMax(max);
  }

  void y(XYChart chart) {
    chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(min).setYAxisMax(max);
  }
}
