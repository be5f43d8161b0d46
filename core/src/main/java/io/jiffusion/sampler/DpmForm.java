package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * The two exact solutions of the probability flow in half log-SNR that the DPM-Solvers discretise.
 * In both, the linear part is solved exactly and a prediction m is integrated against an
 * exponential: {@code x_t = carry·x_s + scale·∫₀^h e^(±(h−τ)) m(λ_s + τ) dτ}. For noise it is
 * proposition 3.1 of DPM-Solver (arXiv 2206.00927), for data its counterpart in DPM-Solver++ (arXiv
 * 2211.01095).
 */
public enum DpmForm {
  /** DPM-Solver: {@code x_t = α_t/α_s·x_s − α_t·∫ e^(−λ) ε(λ) dλ}, eq. 3.4. */
  NOISE {
    @Override
    double carry(LambdaNode s, LambdaNode t) {
      // α_t/α_s, of the very h that the integral has: the two nearly cancel where there is little
      // signal
      return t.sigma() / s.sigma() * Math.exp(s.to(t));
    }

    @Override
    double scale(LambdaNode t) {
      return -t.sigma();
    }

    @Override
    double integral(int k, double h) {
      return k == 1 ? Math.expm1(h) : h * Phi.phi(k, h);
    }

    @Override
    Batch predict(Walk walk, Batch xt, double t) {
      return walk.eps(xt, t);
    }
  },

  /** DPM-Solver++: {@code x_t = σ_t/σ_s·x_s + σ_t·∫ e^λ x̂0(λ) dλ}. */
  DATA {
    @Override
    double carry(LambdaNode s, LambdaNode t) {
      return t.sigma() / s.sigma();
    }

    @Override
    double scale(LambdaNode t) {
      return t.alpha();
    }

    @Override
    double integral(int k, double h) {
      return k == 1 ? -Math.expm1(-h) : h * Phi.phi(k, -h);
    }

    @Override
    Batch predict(Walk walk, Batch xt, double t) {
      return walk.x0(xt, t);
    }
  };

  /** Factor of the state at s in the state at t: {@code α_t/α_s} or {@code σ_t/σ_s}. */
  abstract double carry(LambdaNode s, LambdaNode t);

  /** Factor of the integral: {@code −σ_t} or {@code α_t}. */
  abstract double scale(LambdaNode t);

  /**
   * The integral over a step h of {@code (τ/h)^(k−1)/(k−1)!} against the exponential: {@code
   * h·φ_k(±h)}, what is left of the k-th term of the Taylor expansion, eq. 3.6.
   */
  abstract double integral(int k, double h);

  /** The prediction m that is integrated: the noise or the data. One evaluation. */
  abstract Batch predict(Walk walk, Batch xt, double t);
}
