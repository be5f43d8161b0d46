package io.jiffusion.tensor;

import org.bytedeco.openblas.global.openblas;

/**
 * Products and decompositions of matrices in float64, row-major Java arrays, by OpenBLAS and its
 * LAPACK. Each call computes on its own thread; whoever has several processors shares the work out.
 */
public final class Blas {
  private static final int ROWS = openblas.CblasRowMajor;

  /** How LAPACK itself stores matrices: for a symmetric one the same, for eigenvectors as rows. */
  private static final int COLUMNS = openblas.LAPACK_COL_MAJOR;

  static {
    Torch.load(); // has OpenBLAS unpacked, and held to one thread
  }

  private Blas() {}

  /**
   * The inner product of each row of one matrix with each of another, {@code A·Bᵀ}.
   *
   * @param a [m, k]
   * @param b [n, k]
   * @param c [m, n], written over; it may be longer
   */
  public static void rowProducts(int m, int n, int k, double[] a, double[] b, double[] c) {
    openblas.cblas_dgemm(
        ROWS, openblas.CblasNoTrans, openblas.CblasTrans, m, n, k, 1, a, k, b, k, 0, c, n);
  }

  /**
   * The product {@code A·B}.
   *
   * @param a [m, k]
   * @param b [k, n]
   * @param c [m, n], written over
   */
  public static void product(int m, int n, int k, double[] a, double[] b, double[] c) {
    openblas.cblas_dgemm(
        ROWS, openblas.CblasNoTrans, openblas.CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
  }

  /**
   * The inner product of each column of one matrix with each of another, {@code Aᵀ·B}.
   *
   * @param a [rows, m]
   * @param b [rows, n]
   * @param c [m, n], written over
   */
  public static void columnProducts(int rows, int m, int n, double[] a, double[] b, double[] c) {
    openblas.cblas_dgemm(
        ROWS, openblas.CblasTrans, openblas.CblasNoTrans, m, n, rows, 1, a, m, b, n, 0, c, n);
  }

  /**
   * A matrix R with RᵀR = A for a symmetric A without negative eigenvalues, of any rank: Cholesky's
   * decomposition with pivoting, whose rows end where what remains of A is 0 but for rounding.
   *
   * @param a [d, d], written over
   * @return R [d, d]
   */
  public static double[] root(int d, double[] a) {
    int[] pivots = new int[d];
    int[] rank = new int[1];
    int info = openblas.LAPACKE_dpstrf(COLUMNS, (byte) 'L', d, a, d, pivots, rank, -1);
    if (info < 0) { // above 0: of less than full rank
      converged(info, "root");
    }
    double[] root = new double[d * d];
    for (int row = 0; row < rank[0]; row++) {
      for (int i = row; i < d; i++) {
        root[row * d + pivots[i] - 1] = a[row * d + i];
      }
    }
    return root;
  }

  /**
   * Eigenvalues of a symmetric matrix, ascending.
   *
   * @param matrix [d, d], written over
   */
  public static double[] eigenvalues(int d, double[] matrix) {
    return eigen(d, matrix, 'N');
  }

  /**
   * Eigenvalues of a symmetric matrix, ascending, and its eigenvectors.
   *
   * @param matrix [d, d], written over with the eigenvectors, each a row
   */
  public static double[] eigenvectors(int d, double[] matrix) {
    return eigen(d, matrix, 'V');
  }

  private static double[] eigen(int d, double[] matrix, char vectors) {
    double[] values = new double[d];
    converged(
        openblas.LAPACKE_dsyevd(COLUMNS, (byte) vectors, (byte) 'U', d, matrix, d, values),
        "eigenvalues");
    return values;
  }

  /**
   * Singular values, descending.
   *
   * @param matrix [d, d], written over
   */
  public static double[] singularValues(int d, double[] matrix) {
    double[] values = new double[d];
    double[] none = new double[1];
    converged(
        openblas.LAPACKE_dgesdd(COLUMNS, (byte) 'N', d, d, matrix, d, values, none, d, none, d),
        "singular values");
    return values;
  }

  private static void converged(int info, String what) {
    if (info != 0) {
      throw new IllegalStateException(
          "the " + what + " of a matrix were not found, LAPACK says " + info);
    }
  }
}
