package io.jiffusion.measure;

/**
 * Precision and recall that single odd images do not decide (Naeem, Oh, Uh, Choi, Yoo: Reliable
 * fidelity and diversity metrics for generative models, 2020). Around each image of the reference
 * lies a ball that reaches to its fifth nearest other one. Density is the mean number of balls that
 * hold an image of the set, over five; coverage the share of the balls that hold one; the border
 * does not count, as in the authors' program.
 */
public final class DensityCoverage {
  private static final int NEIGHBOURS = 5;

  private final Rows reference;
  private final int k;
  private double[] radii;

  /** For a reference, whose balls are found once, when they are asked for. */
  public DensityCoverage(Rows reference) {
    this(reference, NEIGHBOURS);
  }

  DensityCoverage(Rows reference, int k) {
    this.reference = reference;
    this.k = k;
  }

  /**
   * Both.
   *
   * @param density with its jackknife over the images of the set; may be above 1
   * @param coverage with its error over those of the reference: that of a share
   */
  public record Both(Estimate density, Estimate coverage) {}

  /**
   * Of a set.
   *
   * @throws IllegalArgumentException if the reference has too few images
   */
  public Both of(Rows set) {
    Rows.check(set, reference, 2);
    if (radii == null) {
      radii = Products.radii(reference, k);
    }
    int columns = reference.images();
    double[] density = new double[set.images()];
    boolean[] covered = new boolean[columns];
    Products.distances(
        set,
        reference,
        (from, rows, distances) -> {
          for (int row = 0; row < rows; row++) {
            int balls = 0;
            for (int column = 0; column < columns; column++) {
              if (distances[row * columns + column] < radii[column]) {
                balls++;
                covered[column] = true; // by whichever thread: none says no
              }
            }
            density[from + row] = balls / (double) k;
          }
        });
    double coverage = PrecisionRecall.share(covered);
    return new Both(
        Estimate.ofMean(density),
        new Estimate(coverage, Errors.ofShare(coverage, columns), Errors.BINOMIAL));
  }
}
