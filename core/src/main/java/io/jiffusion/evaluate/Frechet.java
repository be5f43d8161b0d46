package io.jiffusion.evaluate;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The Fréchet distance between two sets of features, each taken as a normal distribution (Heusel,
 * Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale update rule converge
 * to a local Nash equilibrium, 2017): {@code |μ1 − μ2|² + Tr(Σ1 + Σ2 − 2·(Σ1^½·Σ2·Σ1^½)^½)}.
 *
 * <p>Float64 throughout. Only symmetric matrices are decomposed, so sets with fewer images than
 * features, constant or repeated features are no special cases: nothing is inverted, and the result
 * is never complex.
 */
public final class Frechet {
  private Frechet() {}

  /**
   * Mean and covariance of a set of features.
   *
   * @param images how many there were
   * @param mean [dimension]
   * @param covariance [dimension, dimension] row-major, divided by images − 1
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Moments(int images, double[] mean, double[] covariance) {

    /** How many features an image has. */
    public int dimension() {
      return mean.length;
    }

    /**
     * Fits a set.
     *
     * @param features [images, dimension] row-major
     * @throws IllegalArgumentException if there are fewer than two images, or a feature is not
     *     finite
     */
    public static Moments of(double[] features, int dimension) {
      int images = features.length / dimension;
      if (images < 2 || features.length != images * dimension) {
        throw new IllegalArgumentException(
            "illegal features: "
                + features.length
                + " values, must be those of 2 or more images with "
                + dimension
                + " features each");
      }
      double[] mean = new double[dimension];
      for (int i = 0; i < features.length; i++) {
        mean[i % dimension] += features[i] / images;
      }
      DMatrixRMaj centered = new DMatrixRMaj(images, dimension);
      for (int i = 0; i < features.length; i++) {
        if (!Double.isFinite(features[i])) {
          throw new IllegalArgumentException(
              "illegal feature "
                  + i % dimension
                  + " of image "
                  + i / dimension
                  + ": "
                  + features[i]
                  + ", must be finite");
        }
        centered.data[i] = features[i] - mean[i % dimension];
      }
      DMatrixRMaj covariance = new DMatrixRMaj(dimension, dimension);
      CommonOps_DDRM.multInner(centered, covariance);
      CommonOps_DDRM.divide(covariance, images - 1.0);
      return new Moments(images, mean, covariance.data);
    }
  }

  /**
   * The distance, at least 0. It falls with the number of images, so compare only results from
   * equal numbers.
   *
   * @throws IllegalArgumentException if the two have different numbers of features
   */
  public static double distance(Moments a, Moments b) {
    int d = a.dimension();
    if (b.dimension() != d) {
      throw new IllegalArgumentException(
          "illegal features: "
              + d
              + " an image in one set and "
              + b.dimension()
              + " in the other, must be equally many");
    }
    double means = 0;
    double traces = 0;
    for (int i = 0; i < d; i++) {
      means += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
      traces += a.covariance[i * d + i] + b.covariance[i * d + i];
    }
    // With Σ = RᵀR, the eigenvalues of (Σ1^½·Σ2·Σ1^½)^½ are the singular values of R1·R2ᵀ, found
    // without squaring them first, which would cost half the digits of the small ones.
    DMatrixRMaj product = new DMatrixRMaj(d, d);
    CommonOps_DDRM.multTransB(root(a), root(b), product);
    SingularValueDecomposition_F64<DMatrixRMaj> singular =
        DecompositionFactory_DDRM.svd(d, d, false, false, false);
    converged(singular.decompose(product));
    double common = DoubleStream.of(singular.getSingularValues()).limit(d).sum();
    return Math.max(0, means + traces - 2 * common);
  }

  /** A matrix R with RᵀR = Σ: its rows are eigenvectors times the roots of their eigenvalues. */
  private static DMatrixRMaj root(Moments moments) {
    int d = moments.dimension();
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(d, true, true);
    converged(eigen.decompose(DMatrixRMaj.wrap(d, d, moments.covariance.clone())));
    double largest =
        IntStream.range(0, d).mapToDouble(i -> eigen.getEigenvalue(i).getReal()).max().orElse(0);
    DMatrixRMaj root = new DMatrixRMaj(d, d);
    for (int i = 0; i < d; i++) {
      double value = eigen.getEigenvalue(i).getReal();
      if (value
          > largest
              * d
              * Math.ulp(
                  1.0)) { // what is smaller is 0 but for rounding, and its root would not be small
        double scale = Math.sqrt(value);
        double[] vector = eigen.getEigenVector(i).data;
        for (int j = 0; j < d; j++) {
          root.data[i * d + j] = scale * vector[j];
        }
      }
    }
    return root;
  }

  private static void converged(boolean converged) {
    if (!converged) {
      throw new IllegalStateException("the decomposition of a covariance matrix did not converge");
    }
  }
}
