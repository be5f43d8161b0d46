package io.jiffusion.sampler;

/**
 * One step of the DPM-Solvers as factors: first of the state, then of the predictions at s and at
 * {@code r·h} from s; r is in (0, 1) for the nodes within a single step, and negative for the nodes
 * that a multistep method has left behind. Equations and algorithms are those of DPM-Solver (arXiv
 * 2206.00927), in the form of the noise.
 */
final class DpmStep {
  private DpmStep() {}

  /** Order 1, which is DDIM's step: the prediction is constant. */
  static double[] first(DpmForm form, LambdaNode s, LambdaNode t) {
    // x_t = α_t/α_s·x_s − σ_t·(e^h − 1)·ε(x_s), eq. 3.7
    return scaled(form, s, t, form.integral(1, s.to(t)));
  }

  /** Order 2: the prediction is linear through s and {@code r·h}. */
  static double[] second(DpmForm form, DpmType type, double r, LambdaNode s, LambdaNode t) {
    return scaled(form, s, t, weights(form, type, r, s.to(t)));
  }

  /** Order 3: the prediction is quadratic through s, {@code r1·h} and {@code r2·h}. */
  static double[] third(
      DpmForm form, DpmType type, double r1, double r2, LambdaNode s, LambdaNode t) {
    double h = s.to(t);
    if (type == DpmType.DPM_SOLVER) {
      // … − σ_t/r2·((e^h − 1)/h − 1)·D_2, Algorithm 5: the middle node serves the way alone
      double slope = form.integral(2, h) / r2;
      return scaled(form, s, t, form.integral(1, h) - slope, 0, slope);
    }
    return scaled(form, s, t, weights(form, r1, r2, 1, h));
  }

  /** The weights of two predictions over a step h. */
  static double[] weights(DpmForm form, DpmType type, double r, double h) {
    // … − σ_t/(2r)·(e^h − 1)·D, Algorithm 4; Taylor's has h·φ_2(h) for (e^h − 1)/2
    double slope = (type == DpmType.TAYLOR ? form.integral(2, h) : form.integral(1, h) / 2) / r;
    return new double[] {form.integral(1, h) - slope, slope};
  }

  /**
   * The weights of three predictions over a step h.
   *
   * @param curvature factor of the second derivative: 1 is the quadratic's own
   */
  static double[] weights(DpmForm form, double r1, double r2, double curvature, double h) {
    double first = form.integral(2, h);
    double second = 2 * curvature * form.integral(3, h);
    // of the difference quotients: the parabola through 0, r1·h and r2·h
    double slope1 = (first * r2 - second) / (r2 - r1) / r1;
    double slope2 = (second - first * r1) / (r2 - r1) / r2;
    return new double[] {form.integral(1, h) - slope1 - slope2, slope1, slope2};
  }

  /**
   * The weights of the last predictions, as many as there are nodes: order 1, 2 or 3.
   *
   * @param nodes half log-SNR where they were made, the newest first; the step starts there
   * @param end half log-SNR to which it leads
   * @param stretch factor of the exponential's exponent: 1 + eta, 1 for the flow
   */
  static double[] multistep(
      DpmForm form, DpmType type, double curvature, double[] nodes, double end, double stretch) {
    double h = end - nodes[0];
    if (h == 0) { // a step of no length
      return new double[nodes.length];
    }
    if (nodes.length == 1) {
      return new double[] {form.integral(1, stretch * h)};
    }
    double r1 = (nodes[1] - nodes[0]) / h;
    if (nodes.length == 2) {
      return weights(form, type, r1, stretch * h);
    }
    return weights(form, r1, (nodes[2] - nodes[0]) / h, curvature, stretch * h);
  }

  /** Weights of predictions as the factors of a step: of the state, then of the predictions. */
  static double[] scaled(DpmForm form, LambdaNode s, LambdaNode t, double... weights) {
    double[] factors = new double[weights.length + 1];
    factors[0] = form.carry(s, t);
    for (int i = 0; i < weights.length; i++) {
      factors[i + 1] = form.scale(t) * weights[i];
    }
    return factors;
  }
}
