package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * SA-Solver (Xue et al.: SA-Solver: Stochastic Adams solver for fast sampling of diffusion models,
 * 2023, arXiv 2309.05019; {@code SASolverScheduler} of diffusers, by its authors): Adams's
 * predictor and corrector for the reverse diffusion over half log-SNR λ with tau times its noise,
 * tau the same in all steps that begin within an interval of times, and 0 outside.
 *
 * <p>Its solution over a step of length h is {@code x_t = sigma_t/sigma_s·e^(−τ²h)·x_s +
 * alpha_t·∫(1+τ²)·e^(−(1+τ²)(λ_t−λ)) x̂0(λ)dλ + sigma_t·√(1 − e^(−2τ²h))·z}. The predicted data is
 * replaced by the polynomial through its last values, and in the corrector also through that at the
 * predicted state, which then serves the next step. Predictor and corrector share the noise, which
 * belongs to the interval. Without tau it is {@link UniPc} with varying coefficients.
 *
 * <p>The last step, to no noise, returns the predicted data; the one before has no corrector.
 *
 * @param predictor its order, 1 or more: values that it uses
 * @param corrector its order, of which one value is the new one; 0 is none
 * @param tau factor of the noise: 0 is the probability flow, 1 the reverse diffusion
 * @param low the first of the times at whose steps there is noise
 * @param high the last of them
 * @param lowerOrder when the last steps use fewer values
 */
public record SaSolver(
    int predictor, int corrector, double tau, double low, double high, LowerOrder lowerOrder)
    implements Sampler {

  public SaSolver {
    if (predictor < 1 || corrector < 0) {
      throw new IllegalArgumentException(
          "illegal orders: predictor "
              + predictor
              + " and corrector "
              + corrector
              + ", must be 1 or more and 0 or more; 0 is no corrector");
    }
    if (!(tau >= 0 && Double.isFinite(tau))) {
      throw new IllegalArgumentException(
          "illegal tau: "
              + tau
              + ", must be 0 or more; 0 is deterministic, 1 the reverse diffusion");
    }
  }

  /** With the same tau everywhere. */
  public SaSolver(int predictor, int corrector, double tau, LowerOrder lowerOrder) {
    this(predictor, corrector, tau, 0, 1, lowerOrder);
  }

  @Override
  public boolean stochastic() {
    return tau > 0;
  }

  /** τ of the step that begins at s. */
  private double tau(LambdaNode s) {
    return s.t() >= low && s.t() <= high ? tau : 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    if (stochastic()) {
      walk.mustDescend(this);
    }
    int steps = walk.grid().noisySteps();
    History history = new History(Math.max(predictor, corrector - 1));
    Batch[] ahead = {null}; // the data predicted for the state that is reached, where it is known
    return walk.run(
        x,
        (k, xt, time, next) -> {
          if (next == 0) {
            return walk.x0(xt, time);
          }
          LambdaNode s = LambdaNode.at(walk.schedule(), time);
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          int step = k - walk.first();
          history.add(s.lambda(), ahead[0] == null ? walk.x0(xt, time) : ahead[0]);
          int known = lowerOrder.most(history.size(), step, walk.grid());
          Batch noisy = carried(walk, k, xt, s, t);
          // SA-Predictor: stochastic_adams_bashforth_update
          Batch predicted = step(history.newest(Math.min(known, predictor)), noisy, s, t);
          if (corrector == 0 || step == steps - 1) {
            ahead[0] = null;
            return predicted;
          }
          ahead[0] = walk.x0(predicted, next);
          History past = history.newest(Math.min(known, corrector - 1));
          // SA-Corrector: stochastic_adams_moulton_update
          return step(past.and(t.lambda(), ahead[0]), noisy, s, t);
        });
  }

  /** What is left of the state, with the noise of the interval. */
  private Batch carried(Walk walk, int k, Batch xs, LambdaNode s, LambdaNode t) {
    // σ_t/σ_s·e^(−τ²h)·x_s + σ_t·√(1 − e^(−2τ²h))·z
    double decay = tau(s) * tau(s) * s.to(t);
    double carry = t.sigma() / s.sigma() * Math.exp(-decay);
    if (decay == 0) {
      return xs.times(carry);
    }
    Batch z = walk.noise().between(k, s.lambda(), t.lambda(), xs);
    return Batch.lincomb(carry, xs, t.sigma() * Math.sqrt(-Math.expm1(-2 * decay)), z);
  }

  private Batch step(History values, Batch noisy, LambdaNode s, LambdaNode t) {
    // … + α_t·Σ_j x̂0_j·∫ (1 + τ²)·e^(−(1+τ²)·(λ_t − λ))·l_j(λ) dλ, l_j being Lagrange's
    double rate = 1 + tau(s) * tau(s);
    double[] weights =
        Lagrange.integrals(
            values.nodes(),
            s.lambda(),
            t.lambda(),
            lambda -> rate * Math.exp(-rate * (t.lambda() - lambda)));
    return values.step(1, noisy, t.alpha(), weights);
  }
}
