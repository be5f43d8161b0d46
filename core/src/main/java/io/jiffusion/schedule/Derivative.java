package io.jiffusion.schedule;

import java.util.function.DoubleUnaryOperator;

/**
 * The derivative of a smooth function on [0, 1]: that of the polynomial through seven neighbouring
 * points, one of which is the point itself.
 */
final class Derivative {
  private static final double STEP = 1e-3;
  private static final double[] WEIGHT = {1, -6, 15, -20, 15, -6, 1}; // barycentric, even nodes

  private Derivative() {}

  static double at(DoubleUnaryOperator function, double t) {
    int self = Math.min(3, (int) (t / STEP)); // points to the left: fewer next to 0, more next to 1
    self = Math.max(self, 6 - (int) ((1 - t) / STEP));
    double here = function.applyAsDouble(t);
    double sum = 0;
    for (int j = 0; j < WEIGHT.length; j++) {
      if (j != self) {
        double there = Math.min(1, Math.max(0, t + (j - self) * STEP));
        sum += WEIGHT[j] / WEIGHT[self] / (self - j) * (function.applyAsDouble(there) - here);
      }
    }
    return sum / STEP;
  }
}
