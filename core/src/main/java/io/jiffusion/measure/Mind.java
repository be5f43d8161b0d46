package io.jiffusion.measure;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.tensor.Blas;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The Monge Inception distance (Berthet, Wu, Clément, Elie, Greff, Sander: MIND, 2026, arXiv
 * 2605.06797): the sliced Wasserstein distance of equally many images. Along each of K random
 * directions θ both sets are sorted and compared one by one:
 *
 * <pre>{@code 3·d · mean over θ, i of (θ·x₍ᵢ₎ − θ·y₍ᵢ₎)²}</pre>
 */
public final class Mind {
  private static final int DIRECTIONS = 1000;

  /** Directions that a thread looks along at a time. */
  private static final int SOME = 16;

  private static final int PART = 2048;

  private Mind() {}

  /**
   * The distance, and its infinitesimal jackknife over the images of the set: along a direction an
   * image moves it by its Kantorovich potential.
   *
   * @param set of the larger set a random subset as large as the smaller is taken
   * @param seed of the directions and the subset
   */
  public static Estimate of(Rows set, Rows reference, long seed) {
    Rows.check(set, reference, 2);
    int n = Math.min(set.images(), reference.images());
    Rows a = some(set, n, seed);
    Rows b = some(reference, n, seed);
    int d = set.dimension();
    double[] directions = new double[Math.multiplyExact(DIRECTIONS, d)];
    for (int k = 0; k < DIRECTIONS; k++) {
      new Key(seed, k, Purpose.MEASURE).normals(directions, k * d, d);
      double square = 0;
      for (int j = 0; j < d; j++) {
        square += directions[k * d + j] * directions[k * d + j];
      }
      for (int j = 0; j < d; j++) {
        directions[k * d + j] /= Math.sqrt(square);
      }
    }
    Sliced sliced = along(a, b, directions);
    double scale = 3.0 * d;
    return new Estimate(
        scale * sliced.square, scale * Errors.infinitesimal(sliced.moved), Errors.INFINITESIMAL);
  }

  private static Rows some(Rows rows, int n, long seed) {
    return rows.images() == n
        ? rows
        : rows.pick(Draws.some(new Key(seed, DIRECTIONS, Purpose.MEASURE), rows.images(), n));
  }

  /**
   * What was found along some directions.
   *
   * @param square the mean of the squared differences
   * @param moved influence of each image of the first set
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Sliced(double square, double[] moved) {}

  /**
   * Looks along directions.
   *
   * @param directions unit vectors, [K, d]
   */
  static Sliced along(Rows a, Rows b, double[] directions) {
    int d = a.dimension();
    int count = directions.length / d;
    int n = a.images();
    Sliced[] parts =
        IntStream.range(0, (count + SOME - 1) / SOME)
            .parallel()
            .mapToObj(
                i -> {
                  int from = i * SOME;
                  int some = Math.min(SOME, count - from);
                  double[] part = Arrays.copyOfRange(directions, from * d, (from + some) * d);
                  return part(project(a, part, some), project(b, part, some), n, some);
                })
            .toArray(Sliced[]::new);
    double square = 0;
    double[] moved = new double[n];
    for (Sliced part : parts) { // in order, so that threads do not matter
      square += part.square / count;
      for (int i = 0; i < n; i++) {
        moved[i] += part.moved[i] / count;
      }
    }
    return new Sliced(square, moved);
  }

  /** The products of all vectors with some directions, [directions, vectors]. */
  private static double[] project(Rows rows, double[] directions, int some) {
    int n = rows.images();
    double[] projected = new double[some * n];
    for (int from = 0; from < n; from += PART) {
      int count = Math.min(PART, n - from);
      double[] part = new double[some * count];
      Blas.rowProducts(some, count, rows.dimension(), directions, rows.block(from, count), part);
      for (int k = 0; k < some; k++) {
        System.arraycopy(part, k * count, projected, k * n + from, count);
      }
    }
    return projected;
  }

  /** Sums over some directions. */
  private static Sliced part(double[] a, double[] b, int n, int some) {
    double square = 0;
    double[] moved = new double[n];
    for (int k = 0; k < some; k++) {
      int[] orderA = order(a, k * n, n);
      int[] orderB = order(b, k * n, n);
      double[] x = new double[n];
      double[] y = new double[n];
      for (int i = 0; i < n; i++) {
        x[i] = a[k * n + orderA[i]];
        y[i] = b[k * n + orderB[i]];
        square += (x[i] - y[i]) * (x[i] - y[i]) / n;
      }
      add(potential(x, y), orderA, moved);
    }
    return new Sliced(square, moved);
  }

  /** Which vector is the first, the second … along a direction. */
  private static int[] order(double[] values, int from, int n) {
    long[] keys = new long[n]; // the number in its upper half, so that it sorts, then who has it
    for (int i = 0; i < n; i++) {
      int bits = Float.floatToIntBits((float) values[from + i]);
      keys[i] = (long) (bits ^ (bits >> 31 & Integer.MAX_VALUE)) << 32 | i;
    }
    Arrays.sort(keys);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = (int) keys[i];
    }
    return order;
  }

  /**
   * What the transport to y costs a little more mass at x, but for a constant: its slope is 2(x−y).
   */
  private static double[] potential(double[] x, double[] y) {
    double[] potential = new double[x.length];
    for (int i = 1; i < x.length; i++) {
      potential[i] = potential[i - 1] + (x[i] - x[i - 1]) * (x[i] - y[i] + x[i - 1] - y[i - 1]);
    }
    return potential;
  }

  private static void add(double[] potential, int[] order, double[] sums) {
    double mean = Errors.mean(potential);
    for (int i = 0; i < order.length; i++) {
      sums[order[i]] += potential[i] - mean;
    }
  }
}
