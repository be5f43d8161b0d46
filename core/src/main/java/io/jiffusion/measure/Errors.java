package io.jiffusion.measure;

import java.util.stream.DoubleStream;

/** Standard errors. */
final class Errors {
  static final String JACKKNIFE = "jackknife over images";
  static final String INFINITESIMAL = "infinitesimal jackknife over images";
  static final String BINOMIAL = "binomial over real images";

  private Errors() {}

  /**
   * Of a number whose value without image i is known for each i: the jackknife {@code ((n−1)/n·Σ(θᵢ
   * − θ̄)²)^½} (Efron, Stein: The jackknife estimate of variance, 1981).
   */
  static double jackknife(double[] without) {
    int n = without.length;
    return Math.sqrt((n - 1.0) / n * squares(without));
  }

  /**
   * Of a number that image i changes, to first order, by influence i over n: {@code (Σ(Iᵢ − Ī)²)^½
   * / n} (Jaeckel: The infinitesimal jackknife, 1972).
   */
  static double infinitesimal(double[] influences) {
    return Math.sqrt(squares(influences)) / influences.length;
  }

  /** Of the mean of some numbers, which is their jackknife too. */
  static double ofMean(double[] numbers) {
    int n = numbers.length;
    return Math.sqrt(squares(numbers) / (n - 1) / n);
  }

  /** Of a share of n. */
  static double ofShare(double share, int n) {
    return Math.sqrt(share * (1 - share) / n);
  }

  static double mean(double[] numbers) {
    return DoubleStream.of(numbers).average().orElse(Double.NaN);
  }

  /** The sum of the squares about the mean. */
  static double squares(double[] numbers) {
    double mean = mean(numbers);
    double sum = 0;
    for (double number : numbers) {
      sum += (number - mean) * (number - mean);
    }
    return sum;
  }
}
