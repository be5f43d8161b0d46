package io.jiffusion.measure;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.stream.DoubleStream;

/**
 * The kernel distance (Bińkowski, Sutherland, Arbel, Gretton: Demystifying MMD GANs, 2018): the
 * squared maximum mean discrepancy with the kernel {@code (x·y/d + 1)³}, without bias, so that it
 * may fall below 0 where two sets are alike:
 *
 * <pre>{@code Σ_{i≠j} k(xᵢ, xⱼ)/(n(n−1)) + Σ_{i≠j} k(yᵢ, yⱼ)/(m(m−1)) − 2·Σ k(xᵢ, yⱼ)/(nm)}</pre>
 */
public final class Kid {
  /** As torch-fidelity: so many subsets of so many images. */
  private static final int SUBSETS = 100;

  private static final int SIZE = 1000;

  private final Rows reference;
  private double within = Double.NaN;

  /** For a reference, whose own sum is computed once, when it is asked for. */
  public Kid(Rows reference) {
    this.reference = reference;
  }

  /** Over all images, and the jackknife over those of the set. */
  public Estimate exact(Rows set) {
    Rows.check(set, reference, 3);
    long n = set.images();
    long m = reference.images();
    if (Double.isNaN(within)) {
      within = sum(within(reference)) / m / (m - 1);
    }
    double[] rows = within(set);
    double[] across = across(set, reference);
    double sum = sum(rows);
    double cross = sum(across);
    double[] without = new double[set.images()];
    for (int i = 0; i < n; i++) {
      without[i] =
          (sum - 2 * rows[i]) / (n - 1) / (n - 2) + within - 2 * (cross - across[i]) / (n - 1) / m;
    }
    return new Estimate(
        sum / n / (n - 1) + within - 2 * cross / n / m,
        Errors.jackknife(without),
        Errors.JACKKNIFE);
  }

  /**
   * The mean over {@value #SUBSETS} random subsets of {@value #SIZE} images of each set, or of all
   * where there are fewer, as the field quotes it; the error is the standard deviation over
   * subsets.
   *
   * @param seed of the subsets
   */
  public Estimate subsets(Rows set, long seed) {
    int size = Math.min(SIZE, Math.min(set.images(), reference.images()));
    double[] values = new double[SUBSETS];
    for (int s = 0; s < SUBSETS; s++) {
      Rows some = set.pick(Draws.some(new Key(seed, 2L * s, Purpose.MEASURE), set.images(), size));
      Rows real =
          reference.pick(
              Draws.some(new Key(seed, 2L * s + 1, Purpose.MEASURE), reference.images(), size));
      values[s] = of(some, real);
    }
    return overSubsets(values);
  }

  /** Mean and population standard deviation. */
  static Estimate overSubsets(double[] values) {
    return new Estimate(
        Errors.mean(values),
        Math.sqrt(Errors.squares(values) / values.length),
        "standard deviation over " + values.length + " subsets");
  }

  /** The distance of two sets. */
  static double of(Rows set, Rows reference) {
    Rows.check(set, reference, 2);
    double n = set.images();
    double m = reference.images();
    return sum(within(set)) / (n * (n - 1))
        + sum(within(reference)) / (m * (m - 1))
        - 2 * sum(across(set, reference)) / (n * m);
  }

  /** For each image the sum of the kernel with all others of its set. */
  private static double[] within(Rows rows) {
    return sums(rows, rows, true);
  }

  /** For each image the sum of the kernel with all of another set. */
  private static double[] across(Rows rows, Rows others) {
    return sums(rows, others, false);
  }

  private static double[] sums(Rows a, Rows b, boolean others) {
    double[] sums = new double[a.images()];
    double gamma = 1.0 / a.dimension();
    int columns = b.images();
    Products.each(
        a,
        b,
        (from, rows, products) -> {
          for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int column = 0; column < columns; column++) {
              double base = products[row * columns + column] * gamma + 1;
              sum += others && column == from + row ? 0 : base * base * base;
            }
            sums[from + row] = sum;
          }
        });
    return sums;
  }

  private static double sum(double[] numbers) {
    return DoubleStream.of(numbers).sum();
  }
}
