package io.jiffusion.measure;

/**
 * A number measured on a finite set of images, and how far to trust it.
 *
 * @param value the number
 * @param error its standard error; NaN where none is known
 * @param by how the error was found, such as {@code jackknife over images}; empty where none is
 *     known
 */
public record Estimate(double value, double error, String by) {

  /** The mean of a number of each image, and its jackknife; no error of one image. */
  public static Estimate ofMean(double[] numbers) {
    return new Estimate(Errors.mean(numbers), Errors.ofMean(numbers), Errors.JACKKNIFE);
  }

  /** A share of n images. */
  public static Estimate ofShare(double share, int n) {
    return new Estimate(share, Errors.ofShare(share, n), Errors.JACKKNIFE);
  }
}
