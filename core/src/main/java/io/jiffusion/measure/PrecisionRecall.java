package io.jiffusion.measure;

/**
 * How much of a set looks real, and how much of what is real it has (Kynkäänniemi, Karras, Laine,
 * Lehtinen, Aila: Improved precision and recall metric for assessing generative models, 2019).
 * Around each image lies a ball that reaches to its third nearest other one of its set; precision
 * is the share of the set inside some ball of the reference, recall the share of the reference
 * inside some ball of the set, the border included, as torch-fidelity counts.
 */
public final class PrecisionRecall {
  private static final int NEIGHBOURS = 3;

  private final Rows reference;
  private final int k;
  private double[] radii;

  /** For a reference, whose balls are found once, when they are asked for. */
  public PrecisionRecall(Rows reference) {
    this(reference, NEIGHBOURS);
  }

  PrecisionRecall(Rows reference, int k) {
    this.reference = reference;
    this.k = k;
  }

  /**
   * Both.
   *
   * @param precision with its jackknife over the images of the set
   * @param recall with its error over those of the reference: that of a share
   */
  public record Both(Estimate precision, Estimate recall) {}

  /**
   * Of a set.
   *
   * @throws IllegalArgumentException if one of the two has too few images
   */
  public Both of(Rows set) {
    Rows.check(set, reference, k + 1);
    if (radii == null) {
      radii = Products.radii(reference, k);
    }
    double[] own = Products.radii(set, k);
    int columns = reference.images();
    boolean[] real = new boolean[set.images()];
    boolean[] covered = new boolean[columns];
    Products.distances(
        set,
        reference,
        (from, rows, distances) -> {
          for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
              double distance = distances[row * columns + column];
              if (distance <= radii[column]) {
                real[from + row] = true;
              }
              if (distance <= own[from + row]) {
                covered[column] = true; // by whichever thread: none says no
              }
            }
          }
        });
    double precision = share(real);
    double recall = share(covered);
    return new Both(
        Estimate.ofShare(precision, real.length),
        new Estimate(recall, Errors.ofShare(recall, columns), Errors.BINOMIAL));
  }

  static double share(boolean[] inside) {
    int count = 0;
    for (boolean one : inside) {
      count += one ? 1 : 0;
    }
    return count / (double) inside.length;
  }
}
