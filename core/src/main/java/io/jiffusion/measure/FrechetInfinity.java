package io.jiffusion.measure;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The Fréchet distance of infinitely many images: that of n images is about {@code FD∞ + slope/n},
 * so a line over 1/n, through the distances of random subsets, meets 0 there (Chong, Forsyth:
 * Effectively unbiased FID and Inception score and where to find them, 2020, section 4).
 */
public final class FrechetInfinity {
  /** Subsets of different sizes; the paper has 15 from a tenth of the images to all of them. */
  private static final int SIZES = 15;

  private FrechetInfinity() {}

  /**
   * A line.
   *
   * @param intercept FD∞
   * @param slope of the distance over 1/n
   */
  public record Line(double intercept, double slope) {

    /** The line of least squares through distances of sets of these sizes. */
    public static Line through(int[] sizes, double[] distances) {
      double[] weights = weights(sizes);
      double intercept = 0;
      double x = 0;
      double distance = 0;
      for (int k = 0; k < sizes.length; k++) {
        intercept += weights[k] * distances[k];
        x += 1.0 / sizes[k] / sizes.length;
        distance += distances[k] / sizes.length;
      }
      return new Line(intercept, (distance - intercept) / x);
    }
  }

  /** What each distance adds to the intercept: {@code 1/K − x̄·(xₖ − x̄)/Σ(x − x̄)²}, x = 1/n. */
  private static double[] weights(int[] sizes) {
    double[] x = IntStream.of(sizes).mapToDouble(n -> 1.0 / n).toArray();
    double mean = Errors.mean(x);
    double squares = Errors.squares(x);
    double[] weights = new double[x.length];
    for (int k = 0; k < x.length; k++) {
      weights[k] = 1.0 / x.length - mean * (x[k] - mean) / squares;
    }
    return weights;
  }

  /**
   * The distance of infinitely many images like these.
   *
   * @param set 20 images or more
   * @param seed of the subsets
   */
  public static Estimate of(Frechet frechet, Rows set, long seed) {
    Rows.check(set, set, 20);
    int n = set.images();
    int[] sizes =
        IntStream.range(0, SIZES)
            .map(k -> (int) Math.round(n * (0.1 + 0.9 * k / (SIZES - 1))))
            .toArray();
    int[][] subsets = new int[SIZES][];
    for (int k = 0; k < SIZES; k++) {
      subsets[k] = Draws.some(new Key(seed, k, Purpose.MEASURE), n, sizes[k]);
    }
    double[] distances =
        Arrays.stream(subsets)
            .parallel() // a decomposition keeps one processor busy
            .mapToDouble(subset -> frechet.distance(Statistics.of(set.pick(subset))))
            .toArray();
    double[] weights = weights(sizes);
    double[] shares = new double[n]; // of an image's influence in the intercept
    for (int k = 0; k < SIZES; k++) {
      for (int image : subsets[k]) {
        shares[image] += weights[k] / sizes[k];
      }
    }
    // To first order an image has the same influence in every subset that it is in.
    double[] influences = frechet.influences(set, Statistics.of(set));
    double mean = Errors.mean(influences);
    double variance = 0;
    for (int i = 0; i < n; i++) {
      double moved = (influences[i] - mean) * shares[i];
      variance += moved * moved;
    }
    return new Estimate(
        Line.through(sizes, distances).intercept(), Math.sqrt(variance), Errors.INFINITESIMAL);
  }
}
