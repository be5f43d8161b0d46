package io.jiffusion.sampler;

/**
 * The functions of exponential integrators, {@code φ_k(z) = ∫₀¹ e^((1−θ)z) θ^(k−1)/(k−1)! dθ}: φ_0
 * is e^z, φ_1 is (e^z − 1)/z, and so on by {@code φ_{k+1}(z) = (φ_k(z) − 1/k!)/z} (Hochbruck,
 * Ostermann: Exponential integrators, 2010; DPM-Solver, arXiv 2206.00927, eq. B.2).
 */
final class Phi {
  private Phi() {}

  /** φ_k(z), to about the last digit for small z, where the closed form cancels. */
  static double phi(int k, double z) {
    if (k == 0) {
      return Math.exp(z);
    }
    if (k == 1) {
      return z == 0 ? 1 : Math.expm1(z) / z;
    }
    double first = 1; // 1/k!
    for (int i = 2; i <= k; i++) {
      first /= i;
    }
    if (Math.abs(z) > 1) {
      return (phi(k - 1, z) - first * k) / z;
    }
    double sum = 0;
    double term = first; // z^n/(n+k)!
    for (int n = 1; sum + term != sum; n++) {
      sum += term;
      term *= z / (n + k);
    }
    return sum;
  }
}
