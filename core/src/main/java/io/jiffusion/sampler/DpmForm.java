package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * The two exact solutions of the probability flow in half log-SNR that the DPM-Solvers discretise.
 * In both, the linear part is solved exactly and a prediction m is integrated against an
 * exponential: {@code x_t = carry·x_s + scale·∫₀^h e^(±(h−τ)) m(λ_s + τ) dτ}.
 */
public enum DpmForm {
  /** DPM-Solver: m is the predicted noise, in x/alpha. */
  NOISE {
    @Override
    double carry(LambdaNode s, LambdaNode t) {
      return t.sigma() / s.sigma() * Math.exp(s.to(t)); // t.alpha/s.alpha, of the very h that the
      // integral has: the two nearly cancel where there is little signal
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

  /** DPM-Solver++: m is the predicted data, in x/sigma. */
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

  /** Factor of the state at s in the state at t. */
  abstract double carry(LambdaNode s, LambdaNode t);

  /** Factor of the integral. */
  abstract double scale(LambdaNode t);

  /** The integral over a step h of {@code (τ/h)^(k−1)/(k−1)!} against the exponential. */
  abstract double integral(int k, double h);

  /** m. */
  abstract Batch predict(Walk walk, Batch xt, double t);
}
