package io.jiffusion.process;

import io.jiffusion.base.JiffusionException;
import java.util.Arrays;

/**
 * Runge and Kutta's method of order 5 with an error estimate of order 4 (Dormand, Prince: A family
 * of embedded Runge-Kutta formulae, 1980), the steps chosen as SciPy's RK45 chooses them (Hairer,
 * Nørsett, Wanner: Solving ordinary differential equations I, section II.4).
 *
 * <p>Many systems of the same size, the rows, are solved side by side, each with steps of its own
 * or of its group: a row that has arrived waits, unchanged, for the others.
 *
 * @param rtol error allowed in a step relative to the value, above 0
 * @param atol error allowed in a step in any case, above 0
 * @param group how many rows share their steps, the error being the root mean square over them; 1:
 *     each row for itself
 */
public record DormandPrince(double rtol, double atol, int group) {
  private static final double[] NODES = {0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1};
  private static final double[][] STAGES = {
    {},
    {1 / 5.0},
    {3 / 40.0, 9 / 40.0},
    {44 / 45.0, -56 / 15.0, 32 / 9.0},
    {19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0},
    {9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0},
    {35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0} // the step itself
  };
  private static final double[] ERROR = {
    -71 / 57600.0, 0, 71 / 16695.0, -71 / 1920.0, 17253 / 339200.0, -22 / 525.0, 1 / 40.0
  };
  private static final double SAFETY = 0.9;
  private static final double LEAST_FACTOR = 0.2;
  private static final double LARGEST_FACTOR = 10;
  private static final double EXPONENT = -1 / 5.0;

  public DormandPrince {
    if (!(rtol > 0 && atol > 0 && rtol < 1 && Double.isFinite(atol))) {
      throw new IllegalArgumentException(
          "illegal tolerances: rtol "
              + rtol
              + ", atol "
              + atol
              + ", must be above 0, and rtol below 1; 1e-5 is usual for both");
    }
    Groups.check(group);
  }

  /** The right-hand side, {@code dy/dt}. */
  @FunctionalInterface
  public interface Field {
    /**
     * The derivative of every row at its own time.
     *
     * @param t [rows]
     * @param y [rows, size]
     */
    double[] at(double[] t, double[] y);
  }

  /** An onlooker, who may end the solution by throwing. */
  @FunctionalInterface
  public interface Watch {
    /**
     * Told after every trial step, whether or not a row has moved.
     *
     * @param trial its number, from 0
     * @param t where the rows are now, [rows]
     * @param y [rows, size]
     */
    void see(int trial, double[] t, double[] y);
  }

  /**
   * Solves the equation from one time to another, earlier or later.
   *
   * @param start values at the first time, [rows, size]
   * @param rows at least 1
   * @return values at the last time, [rows, size]
   * @throws JiffusionException if a step would have to be too small to be a step, or a value is not
   *     finite
   */
  public double[] solve(
      Field field, double[] start, int rows, double from, double to, Watch watch) {
    double direction = Math.signum(to - from);
    int size = start.length / rows;
    double[] t = new double[rows];
    Arrays.fill(t, from);
    double[] y = start.clone();
    double[] slope = field.at(t, y);
    double[] length = firstLengths(field, y, slope, rows, from, to); // of the next step, [rows]
    boolean[] rejected = new boolean[rows];
    for (int trial = 0; !arrived(t, to); trial++) {
      double[] next = t.clone();
      double[] h = new double[rows]; // signed; 0 for rows that have arrived
      for (int row = 0; row < rows; row++) {
        if (t[row] != to) {
          double least = 10 * Math.abs(Math.nextAfter(t[row], direction * 2) - t[row]);
          if (rejected[row] && length[row] < least) {
            throw new JiffusionException(
                "illegal flow: image "
                    + row
                    + " cannot be followed beyond t = "
                    + t[row]
                    + " with rtol "
                    + rtol
                    + " and atol "
                    + atol
                    + ", must be smooth; check the model, or allow larger errors");
          }
          next[row] = t[row] + direction * Math.max(least, length[row]);
          if (direction * (next[row] - to) > 0) {
            next[row] = to;
          }
          h[row] = next[row] - t[row];
        }
      }
      double[][] slopes = new double[NODES.length][];
      slopes[0] = slope;
      double[] reached = y;
      for (int stage = 1; stage < NODES.length; stage++) {
        reached = plus(y, h, STAGES[stage], slopes);
        slopes[stage] = field.at(plus(t, h, NODES[stage]), reached);
      }
      double[] error = plus(new double[y.length], h, ERROR, slopes);
      for (int i = 0; i < error.length; i++) {
        error[i] /= atol + rtol * Math.max(Math.abs(y[i]), Math.abs(reached[i]));
      }
      double[] norm = norms(error, rows);
      y = y.clone();
      slope = slope.clone();
      for (int row = 0; row < rows; row++) {
        if (h[row] == 0) {
          continue;
        }
        if (!Double.isFinite(norm[row])) {
          throw new JiffusionException(
              "illegal state: image "
                  + row
                  + " is not finite after step "
                  + (trial + 1)
                  + ", at t = "
                  + next[row]
                  + ", must be numbers; check the model's weights, or try the precision fp32");
        }
        double factor = SAFETY * Math.pow(norm[row], EXPONENT); // infinite for no error
        if (norm[row] < 1) {
          factor = Math.min(rejected[row] ? 1 : LARGEST_FACTOR, factor);
          t[row] = next[row];
          System.arraycopy(reached, row * size, y, row * size, size);
          System.arraycopy(slopes[slopes.length - 1], row * size, slope, row * size, size);
          rejected[row] = false;
        } else {
          factor = Math.max(LEAST_FACTOR, factor);
          rejected[row] = true;
        }
        length[row] = Math.abs(h[row]) * factor;
      }
      watch.see(trial, t, y);
    }
    return y;
  }

  /** A first step's length from the sizes of value, slope and curvature. */
  private double[] firstLengths(
      Field field, double[] y, double[] slope, int rows, double from, double to) {
    double interval = Math.abs(to - from);
    double[] scale = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      scale[i] = atol + rtol * Math.abs(y[i]);
    }
    double[] sizes = norms(over(y, scale), rows);
    double[] slopes = norms(over(slope, scale), rows);
    double[] h = new double[rows];
    double[] t = new double[rows];
    for (int row = 0; row < rows; row++) {
      double guess =
          sizes[row] < 1e-5 || slopes[row] < 1e-5 ? 1e-6 : 0.01 * sizes[row] / slopes[row];
      h[row] = Math.signum(to - from) * Math.min(guess, interval);
      t[row] = from + h[row];
    }
    double[] there = field.at(t, plus(y, h, new double[] {1}, new double[][] {slope}));
    double[] bends = norms(over(minus(there, slope), scale), rows);
    double[] lengths = new double[rows];
    for (int row = 0; row < rows; row++) {
      double guess = Math.abs(h[row]);
      double bend = bends[row] / guess;
      double better =
          slopes[row] <= 1e-15 && bend <= 1e-15
              ? Math.max(1e-6, guess * 1e-3)
              : Math.pow(0.01 / Math.max(slopes[row], bend), -EXPONENT);
      lengths[row] = Math.min(Math.min(100 * guess, better), interval);
    }
    return lengths;
  }

  private static boolean arrived(double[] t, double to) {
    return Arrays.stream(t).allMatch(time -> time == to);
  }

  private static double[] plus(double[] t, double[] h, double node) {
    double[] out = new double[t.length];
    Arrays.setAll(out, row -> t[row] + node * h[row]);
    return out;
  }

  /** {@code y + h·(a[0]·slopes[0] + a[1]·slopes[1] + …)}, each row with its h. */
  private static double[] plus(double[] y, double[] h, double[] a, double[][] slopes) {
    double[] out = new double[y.length];
    for (int j = 0; j < a.length; j++) {
      for (int i = 0; i < out.length; i++) {
        out[i] += a[j] * slopes[j][i];
      }
    }
    int size = y.length / h.length;
    for (int i = 0; i < out.length; i++) {
      out[i] = y[i] + h[i / size] * out[i];
    }
    return out;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] out = new double[a.length];
    Arrays.setAll(out, i -> a[i] - b[i]);
    return out;
  }

  private static double[] over(double[] a, double[] b) {
    double[] out = new double[a.length];
    Arrays.setAll(out, i -> a[i] / b[i]);
    return out;
  }

  /** For each row the root mean square over its group, [rows]. */
  private double[] norms(double[] values, int rows) {
    int size = values.length / rows;
    double[] norms = new double[rows];
    for (int first = 0; first < rows; first += group) {
      int end = (int) Math.min((long) first + group, rows);
      double sum = 0;
      for (int i = first * size; i < end * size; i++) {
        sum += values[i] * values[i];
      }
      Arrays.fill(norms, first, end, Math.sqrt(sum / ((end - first) * size)));
    }
    return norms;
  }
}
