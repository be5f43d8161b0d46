package io.jiffusion.process;

/** Terms of the variational bound in nats, for one value. */
final class Gaussian {
  private static final double HALF_LEVEL = 1 / 255.0;
  private static final double LEAST = 1e-12; // of a probability, as the original has it

  private Gaussian() {}

  /** Kullback–Leibler divergence of the second normal distribution from the first. */
  static double divergence(double mean1, double logVariance1, double mean2, double logVariance2) {
    // ½·(log σ2² − log σ1² − 1 + σ1²/σ2² + (μ1 − μ2)²/σ2²)
    double off = mean1 - mean2;
    return 0.5
        * (-1
            + logVariance2
            - logVariance1
            + Math.exp(logVariance1 - logVariance2)
            + off * off * Math.exp(-logVariance2));
  }

  /**
   * Log probability of a byte under a normal distribution that is cut into 256 levels from −1 to 1,
   * the outermost reaching to infinity (Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 13).
   *
   * @param x the byte's value, from −1 to 1
   * @param logStd logarithm of the standard deviation
   */
  static double logProbability(double x, double mean, double logStd) {
    // log ∫ N(x; μ, σ²) dx from δ₋ = x − 1/255 to δ₊ = x + 1/255
    double precision = Math.exp(-logStd);
    double below = cdf(precision * (x - mean - HALF_LEVEL));
    double above = cdf(precision * (x - mean + HALF_LEVEL));
    double probability = x < -0.999 ? above : x > 0.999 ? 1 - below : above - below;
    return Math.log(Math.max(probability, LEAST));
  }

  /**
   * The standard normal distribution function as OpenAI's code approximates it, to 3e-4 (after Page
   * 1977), so that its figures can be compared.
   */
  static double cdf(double x) {
    return 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }
}
