package io.jiffusion.measure;

import io.jiffusion.tensor.Blas;
import java.util.stream.DoubleStream;

/**
 * The Fréchet distance of sets of features to a reference, each taken as a normal distribution
 * (Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale update rule
 * converge to a local Nash equilibrium, 2017):
 *
 * <pre>{@code |μ1 − μ2|² + Tr(Σ1 + Σ2 − 2·(Σ1^½·Σ2·Σ1^½)^½)}</pre>
 *
 * <p>Float64 throughout. Only symmetric matrices are decomposed, so sets with fewer images than
 * features, constant or repeated features are no special cases: nothing is inverted, and the result
 * is never complex. It falls with the number of images, so compare only results from equal numbers.
 */
public final class Frechet {
  /** Images whose influence is computed at a time. */
  private static final int PART = 512;

  private final Statistics reference;
  private final double[] root;

  /**
   * For a reference, whose covariance is decomposed once.
   *
   * @throws IllegalArgumentException if it is of fewer than 2 images
   */
  public Frechet(Statistics reference) {
    this.reference = reference;
    this.root = root(reference);
  }

  /**
   * The distance, at least 0.
   *
   * @throws IllegalArgumentException if the set has another number of features, or fewer than 2
   *     images
   */
  public double distance(Statistics set) {
    check(set);
    return distance(set, product(set));
  }

  private double distance(Statistics set, double[] product) {
    int d = set.dimension();
    double means = 0;
    double traces = 0;
    for (int i = 0; i < d; i++) {
      double gap = reference.mean()[i] - set.mean()[i];
      means += gap * gap;
      traces +=
          reference.scatter()[i * d + i] / (reference.count() - 1)
              + set.scatter()[i * d + i] / (set.count() - 1);
    }
    // With Σ = RᵀR, the eigenvalues of (Σ1^½·Σ2·Σ1^½)^½ are the singular values of R1·R2ᵀ, found
    // without squaring them first, which would cost half the digits of the small ones.
    double common = DoubleStream.of(Blas.singularValues(d, product.clone())).sum();
    return Math.max(0, means + traces - 2 * common);
  }

  /** The distance of a set, and its standard error; the reference is taken as it is. */
  public Estimate estimate(Rows set) {
    Statistics statistics = Statistics.of(set);
    check(statistics);
    double[] product = product(statistics);
    return new Estimate(
        distance(statistics, product),
        Errors.infinitesimal(influences(set, statistics, product)),
        Errors.INFINITESIMAL);
  }

  /**
   * How much each image of a set moves the distance, to first order and but for a constant: with c
   * = x − μ2 and M = R1·Σ2·R1ᵀ, the derivative of Tr M^½ is ½·M^−½, so
   *
   * <pre>{@code Iᵢ = −2·(μ1 − μ2)·c + |c|² − cᵀ·R1ᵀ·M^−½·R1·c}</pre>
   */
  double[] influences(Rows set, Statistics statistics) {
    check(statistics);
    return influences(set, statistics, product(statistics));
  }

  private double[] influences(Rows set, Statistics statistics, double[] product) {
    int d = statistics.dimension();
    double[] m = new double[d * d];
    Blas.rowProducts(d, d, d, product, product, m);
    double[] values = Blas.eigenvectors(d, m); // rows of m: the eigenvectors
    double least = least(values);
    for (int i = 0; i < d; i++) {
      double scale = values[i] > least ? Math.pow(values[i], -0.25) : 0;
      for (int j = 0; j < d; j++) {
        m[i * d + j] *= scale;
      }
    }
    double[] metric = new double[d * d]; // |metric·c|² = cᵀ·R1ᵀ·M^−½·R1·c
    Blas.product(d, d, d, m, root, metric);
    double[] influences = new double[set.images()];
    for (int from = 0; from < set.images(); from += PART) {
      int count = Math.min(PART, set.images() - from);
      double[] centred = set.block(from, count);
      for (int i = 0; i < centred.length; i++) {
        centred[i] -= statistics.mean()[i % d];
      }
      double[] seen = new double[count * d];
      Blas.rowProducts(count, d, d, centred, metric, seen);
      for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
          double c = centred[i * d + j];
          double s = seen[i * d + j];
          sum += c * c - s * s - 2 * (reference.mean()[j] - statistics.mean()[j]) * c;
        }
        influences[from + i] = sum;
      }
    }
    return influences;
  }

  private void check(Statistics set) {
    if (set.dimension() != reference.dimension()) {
      throw new IllegalArgumentException(
          "illegal features: "
              + set.dimension()
              + " of an image, must be "
              + reference.dimension()
              + " as those of the reference: both must be of one layer of one network");
    }
  }

  /** {@code R1·R2ᵀ}. */
  private double[] product(Statistics set) {
    int d = set.dimension();
    double[] product = new double[d * d];
    Blas.rowProducts(d, d, d, root, root(set), product);
    return product;
  }

  /** A matrix R with RᵀR = Σ: which of them does not matter to the singular values. */
  private static double[] root(Statistics statistics) {
    return Blas.root(statistics.dimension(), statistics.covariance());
  }

  /** What is smaller is 0 but for rounding, and its root would not be small. */
  private static double least(double[] ascending) {
    return Math.max(0, ascending[ascending.length - 1]) * ascending.length * Math.ulp(1.0);
  }
}
