package io.jiffusion.measure;

import java.util.stream.DoubleStream;

/**
 * The maximum mean discrepancy of CMMD (Jayasumana, Ramalingam, Veit, Glasner, Chakrabarti, Kumar:
 * Rethinking FID, 2024), with the Gaussian kernel {@code exp(−|x − y|²/(2·10²))} of vectors of unit
 * length, each image's kernel with itself counted, times 1000:
 *
 * <pre>{@code 1000·(Σ k(xᵢ, xⱼ)/n² + Σ k(yᵢ, yⱼ)/m² − 2·Σ k(xᵢ, yⱼ)/(nm))}</pre>
 *
 * <p>Of CLIP's features it is CMMD; of others it has no name of its own.
 */
public final class Cmmd {
  private static final double GAMMA = 1 / (2 * 10.0 * 10.0);
  private static final double SCALE = 1000;

  private final Rows reference;
  private double within = Double.NaN;

  /**
   * For a reference, whose own mean is computed once, when it is asked for.
   *
   * @param reference of any length: it is brought to 1 here
   */
  public Cmmd(Rows reference) {
    this.reference = reference;
  }

  /** The distance, and the jackknife over the images of the set. */
  public Estimate of(Rows set) {
    Rows.check(set, reference, 2);
    double n = set.images();
    double m = reference.images();
    if (Double.isNaN(within)) {
      within = DoubleStream.of(sums(reference, reference)).sum() / m / m;
    }
    double[] rows = sums(set, set);
    double[] across = sums(set, reference);
    double sum = DoubleStream.of(rows).sum();
    double cross = DoubleStream.of(across).sum();
    double[] without = new double[set.images()];
    for (int i = 0; i < without.length; i++) {
      without[i] =
          SCALE
              * ((sum - 2 * rows[i] + 1) / (n - 1) / (n - 1)
                  + within
                  - 2 * (cross - across[i]) / (n - 1) / m);
    }
    return new Estimate(
        SCALE * (sum / n / n + within - 2 * cross / n / m),
        Errors.jackknife(without),
        Errors.JACKKNIFE);
  }

  /** For each image the sum of the kernel with all of another set. */
  private static double[] sums(Rows a, Rows b) {
    double[] sums = new double[a.images()];
    double[] scalesA = scales(a);
    double[] scalesB = scales(b);
    int columns = b.images();
    Products.each(
        a,
        b,
        (from, rows, products) -> {
          for (int row = 0; row < rows; row++) {
            double scale = scalesA[from + row];
            double sum = 0;
            for (int column = 0; column < columns; column++) {
              double cosine = products[row * columns + column] * scale * scalesB[column];
              double square = Math.signum(scale) + Math.signum(scalesB[column]) - 2 * cosine;
              sum += Math.exp(-GAMMA * square);
            }
            sums[from + row] = sum;
          }
        });
    return sums;
  }

  /** What brings each vector to length 1; 0 for one of length 0, which stays. */
  private static double[] scales(Rows rows) {
    return DoubleStream.of(Products.squares(rows))
        .map(square -> square > 0 ? 1 / Math.sqrt(square) : 0)
        .toArray();
  }
}
