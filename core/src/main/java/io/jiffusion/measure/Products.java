package io.jiffusion.measure;

import io.jiffusion.tensor.Blas;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Inner products, and distances, of every vector of one set with every one of another: some rows of
 * the matrix at a time, so that it is never there as a whole, on all processors.
 */
final class Products {
  /** Numbers of a piece of the matrix, 16 MB. */
  private static final int PIECE = 1 << 21;

  /** Vectors of the other set that are multiplied at a time. */
  private static final int COLUMNS = 1024;

  /**
   * A squared distance below this share of the squared lengths is rounding of their difference, and
   * of features in float32: the vectors are the same.
   */
  private static final double ROUNDING = 1e-13;

  private Products() {}

  /** Gets some rows of the matrix. */
  interface Piece {
    /**
     * Takes a piece; called by several threads at a time.
     *
     * @param from the first row's vector
     * @param rows of the piece
     * @param products [rows, columns] row-major, free to be written over
     */
    void take(int from, int rows, double[] products);
  }

  /** The products of all pairs. */
  static void each(Rows a, Rows b, Piece piece) {
    int columns = b.images();
    int rows = Math.max(1, Math.min(256, PIECE / Math.max(1, columns)));
    int pieces = (a.images() + rows - 1) / rows;
    IntStream.range(0, pieces)
        .parallel()
        .forEach(
            i -> {
              int from = i * rows;
              int count = Math.min(rows, a.images() - from);
              piece.take(from, count, products(a.block(from, count), count, b));
            });
  }

  private static double[] products(double[] a, int rows, Rows b) {
    int columns = b.images();
    double[] out = new double[rows * columns];
    double[] some = new double[Math.min(COLUMNS, columns) * b.dimension()];
    double[] part = new double[rows * Math.min(COLUMNS, columns)];
    for (int at = 0; at < columns; at += COLUMNS) {
      int count = Math.min(COLUMNS, columns - at);
      b.copy(at, count, some);
      Blas.rowProducts(rows, count, b.dimension(), a, some, part);
      for (int row = 0; row < rows; row++) {
        System.arraycopy(part, row * count, out, row * columns + at, count);
      }
    }
    return out;
  }

  /** The squared Euclidean distances of all pairs, {@code |a|² + |b|² − 2·a·b}; of copies 0. */
  static void distances(Rows a, Rows b, Piece piece) {
    double[] squaresA = squares(a);
    double[] squaresB = squares(b);
    int columns = b.images();
    each(
        a,
        b,
        (from, rows, products) -> {
          for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
              int at = row * columns + column;
              double squares = squaresA[from + row] + squaresB[column];
              double distance = squares - 2 * products[at];
              products[at] = distance > ROUNDING * squares ? distance : 0;
            }
          }
          piece.take(from, rows, products);
        });
  }

  /** The squared length of each vector. */
  static double[] squares(Rows rows) {
    double[] squares = new double[rows.images()];
    double[] row = new double[rows.dimension()];
    for (int i = 0; i < squares.length; i++) {
      rows.copy(i, 1, row);
      for (double value : row) {
        squares[i] += value * value;
      }
    }
    return squares;
  }

  /**
   * The squared distance of each vector of a set to its k-th nearest other one.
   *
   * @throws IllegalArgumentException if there are not so many
   */
  static double[] radii(Rows set, int k) {
    Rows.check(set, set, k + 1);
    double[] radii = new double[set.images()];
    int columns = set.images();
    distances(
        set,
        set,
        (from, rows, distances) -> {
          double[] row = new double[columns];
          for (int i = 0; i < rows; i++) {
            System.arraycopy(distances, i * columns, row, 0, columns);
            row[from + i] = Double.POSITIVE_INFINITY; // the vector itself does not count
            radii[from + i] = smallest(row, k);
          }
        });
    return radii;
  }

  /** The k-th smallest of some numbers, k from 1. */
  private static double smallest(double[] numbers, int k) {
    double[] least = new double[k];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    for (double number : numbers) {
      if (number < least[k - 1]) {
        int at = k - 1;
        for (; at > 0 && least[at - 1] > number; at--) {
          least[at] = least[at - 1];
        }
        least[at] = number;
      }
    }
    return least[k - 1];
  }
}
