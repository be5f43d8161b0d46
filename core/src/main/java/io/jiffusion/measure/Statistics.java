package io.jiffusion.measure;

import io.jiffusion.tensor.Blas;
import java.util.stream.IntStream;

/**
 * How many vectors there were, their mean, and the sum of the squares about it: all that a Fréchet
 * distance needs, of any number of images in the same memory. Sums of parts make the sum of the
 * whole (Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample
 * variances, 1979), so parts may be made anywhere.
 *
 * @param count vectors
 * @param mean [dimension]
 * @param scatter [dimension, dimension] row-major: the sum of {@code (x − mean)·(x − mean)ᵀ}
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Statistics(long count, double[] mean, double[] scatter) {
  /** Vectors that are added at a time. */
  private static final int PART = 2048;

  /** Columns of the scatter that a thread computes at a time. */
  private static final int COLUMNS = 256;

  public Statistics {
    if (count < 0 || mean.length < 1 || scatter.length != (long) mean.length * mean.length) {
      throw new IllegalArgumentException(
          "illegal statistics: a count of "
              + count
              + ", "
              + mean.length
              + " means and "
              + scatter.length
              + " sums of squares, must be a count of 0 or more, d means and d x d sums");
    }
  }

  /** Of no vector. */
  public static Statistics none(int dimension) {
    return new Statistics(
        0, new double[dimension], new double[Math.multiplyExact(dimension, dimension)]);
  }

  /** Of all vectors of a set. */
  public static Statistics of(Rows rows) {
    Statistics sum = none(rows.dimension());
    for (int from = 0; from < rows.images(); from += PART) {
      sum = sum.plus(of(rows, from, Math.min(PART, rows.images() - from)));
    }
    return sum;
  }

  /**
   * Of what is told as mean and covariance.
   *
   * @param count vectors that they are of, 2 or more
   * @param covariance divided by count − 1
   */
  public static Statistics of(long count, double[] mean, double[] covariance) {
    if (count < 2) {
      throw new IllegalArgumentException(
          "illegal statistics: of " + count + " images, must be of 2 or more");
    }
    double[] scatter = new double[covariance.length];
    for (int i = 0; i < scatter.length; i++) {
      scatter[i] = covariance[i] * (count - 1);
    }
    return new Statistics(count, mean, scatter);
  }

  private static Statistics of(Rows rows, int from, int count) {
    int d = rows.dimension();
    double[] block = rows.block(from, count);
    double[] mean = new double[d];
    for (int i = 0; i < block.length; i++) {
      mean[i % d] += block[i];
    }
    for (int j = 0; j < d; j++) {
      mean[j] /= count;
    }
    for (int i = 0; i < block.length; i++) {
      block[i] -= mean[i % d];
    }
    double[] scatter = new double[d * d];
    IntStream.range(0, (d + COLUMNS - 1) / COLUMNS)
        .parallel()
        .forEach(i -> scatter(block, count, d, i * COLUMNS, scatter));
    return new Statistics(count, mean, scatter);
  }

  /** Some columns of the upper triangle of XᵀX, and as many rows of the lower one. */
  private static void scatter(double[] block, int count, int d, int from, double[] scatter) {
    int width = Math.min(COLUMNS, d - from);
    int height = from + width;
    double[] left = columns(block, count, d, 0, height);
    double[] right = columns(block, count, d, from, width);
    double[] part = new double[height * width];
    Blas.columnProducts(count, height, width, left, right, part);
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        double sum = part[row * width + column];
        if (row <= from + column) {
          scatter[row * d + from + column] = sum;
          scatter[(from + column) * d + row] = sum;
        }
      }
    }
  }

  private static double[] columns(double[] block, int count, int d, int from, int width) {
    if (width == d) {
      return block;
    }
    double[] some = new double[count * width];
    for (int row = 0; row < count; row++) {
      System.arraycopy(block, row * d + from, some, row * width, width);
    }
    return some;
  }

  /** Numbers of a vector. */
  public int dimension() {
    return mean.length;
  }

  /**
   * Of the vectors of both.
   *
   * @throws IllegalArgumentException if their vectors have different lengths
   */
  public Statistics plus(Statistics other) {
    int d = dimension();
    if (other.dimension() != d) {
      throw new IllegalArgumentException(
          "illegal statistics: of "
              + other.dimension()
              + " features, must be of "
              + d
              + " to be added: of the same layer of the same network");
    }
    if (count == 0 || other.count == 0) {
      return count == 0 ? other : this;
    }
    long all = count + other.count;
    double[] gap = new double[d];
    double[] sum = new double[d];
    for (int j = 0; j < d; j++) {
      gap[j] = other.mean[j] - mean[j];
      sum[j] = mean[j] + gap[j] * other.count / all;
    }
    double weight = (double) count / all * other.count; // n·m / (n + m)
    double[] squares = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        int at = i * d + j;
        squares[at] = scatter[at] + other.scatter[at] + weight * gap[i] * gap[j];
      }
    }
    return new Statistics(all, sum, squares);
  }

  /**
   * The covariance, [dimension, dimension], divided by count − 1.
   *
   * @throws IllegalArgumentException if there are fewer than 2 vectors
   */
  public double[] covariance() {
    if (count < 2) {
      throw new IllegalArgumentException(
          "illegal set: "
              + count
              + (count == 1 ? " image" : " images")
              + ", must be 2 or more to have a covariance");
    }
    double[] covariance = new double[scatter.length];
    for (int i = 0; i < covariance.length; i++) {
      covariance[i] = scatter[i] / (count - 1);
    }
    return covariance;
  }
}
