package io.jiffusion.sampler;

import java.util.function.DoubleUnaryOperator;

/**
 * What all Adams methods rest on: the polynomial through past values of the model, integrated over
 * the step. The integral is a sum of those values, each weighted by the integral of its own
 * Lagrange polynomial.
 */
final class Lagrange {
  private static final int POINTS = 16;
  private static final double[] AT = new double[POINTS]; // Gauss and Legendre's, on [−1, 1]
  private static final double[] WEIGHT = new double[POINTS];
  private static final double ROUNDING = 1e-14;
  private static final int DEEPEST = 20;

  static {
    for (int i = 0; i < POINTS; i++) {
      double x = Math.cos(Math.PI * (i + 0.75) / (POINTS + 0.5)); // near the root: Newton's start
      double slope = 0;
      for (int iteration = 0; iteration < 20; iteration++) {
        double before = 0;
        double value = 1; // of Legendre's polynomial, by recursion over its degree
        for (int n = 1; n <= POINTS; n++) {
          double next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
          before = value;
          value = next;
        }
        slope = POINTS * (x * value - before) / (x * x - 1);
        x -= value / slope;
      }
      AT[i] = x;
      WEIGHT[i] = 2 / ((1 - x * x) * slope * slope);
    }
  }

  private Lagrange() {}

  /** The polynomial that is 1 at node j and 0 at the others. */
  static double polynomial(double[] nodes, int j, double u) {
    double product = 1;
    for (int i = 0; i < nodes.length; i++) {
      if (i != j) {
        product *= (u - nodes[i]) / (nodes[j] - nodes[i]);
      }
    }
    return product;
  }

  /** The slope of that polynomial. */
  static double slope(double[] nodes, int j, double u) {
    double sum = 0;
    for (int left = 0; left < nodes.length; left++) {
      if (left != j) {
        double product = 1 / (nodes[j] - nodes[left]);
        for (int i = 0; i < nodes.length; i++) {
          if (i != j && i != left) {
            product *= (u - nodes[i]) / (nodes[j] - nodes[i]);
          }
        }
        sum += product;
      }
    }
    return sum;
  }

  /** For every node, the integral of its polynomial times a density. */
  static double[] integrals(double[] nodes, double from, double to, DoubleUnaryOperator density) {
    double[] integrals = new double[nodes.length];
    for (int j = 0; j < nodes.length; j++) {
      int node = j;
      integrals[j] = integral(u -> polynomial(nodes, node, u) * density.applyAsDouble(u), from, to);
    }
    return integrals;
  }

  /**
   * An integral to rounding: halves are halved again until they add up to the whole, so that bends
   * of the integrand, such as a table of betas has, do no harm.
   */
  static double integral(DoubleUnaryOperator f, double from, double to) {
    double whole = gauss(f, from, to);
    double size = Math.abs(gauss(u -> Math.abs(f.applyAsDouble(u)), from, to));
    return refined(f, from, to, whole, ROUNDING * size, DEEPEST);
  }

  private static double refined(
      DoubleUnaryOperator f, double from, double to, double whole, double tolerance, int depth) {
    double middle = 0.5 * (from + to);
    double left = gauss(f, from, middle);
    double right = gauss(f, middle, to);
    if (depth == 0 || Math.abs(left + right - whole) <= tolerance) {
      return left + right;
    }
    return refined(f, from, middle, left, tolerance, depth - 1)
        + refined(f, middle, to, right, tolerance, depth - 1);
  }

  private static double gauss(DoubleUnaryOperator f, double from, double to) {
    double middle = 0.5 * (from + to);
    double half = 0.5 * (to - from);
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      sum += WEIGHT[i] * f.applyAsDouble(middle + half * AT[i]);
    }
    return half * sum;
  }
}
