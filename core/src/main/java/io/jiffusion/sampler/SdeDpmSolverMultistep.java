package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * SDE-DPM-Solver++ (Lu et al.: DPM-Solver++: fast solver for guided sampling of diffusion
 * probabilistic models, 2022, arXiv 2211.01095), multistep: the reverse diffusion in half log-SNR,
 * its linear part and its noise solved exactly, the predicted data extrapolated. k-diffusion calls
 * orders 2 and 3 {@code sample_dpmpp_2m_sde} and {@code sample_dpmpp_3m_sde}; order 1 with eta 1 is
 * DDIM with eta 1.
 *
 * <p>The noise belongs to the interval, so that finer steps follow the same path (eta 1). The last
 * step, to no noise, returns the predicted data.
 *
 * @param order of the extrapolation: 1, 2 or 3
 * @param type how the derivative enters order 2: k-diffusion's midpoint or heun; of order 3 it is
 *     always Taylor's
 * @param eta 0: DPM-Solver++ itself; 1: the reverse diffusion
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the equation says
 */
public record SdeDpmSolverMultistep(int order, DpmType type, double eta, double noise)
    implements Sampler {

  public SdeDpmSolverMultistep {
    DpmSolver.checkOrder(order);
    AncestralStep.check(eta, noise);
  }

  /** As k-diffusion has it: the reverse diffusion. */
  public SdeDpmSolverMultistep(int order) {
    this(order, order == 2 ? DpmType.DPM_SOLVER : DpmType.TAYLOR, 1, 1);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    DpmForm form = DpmForm.DATA;
    History history = new History(order);
    // x_t = σ_t/σ_s·e^(−ηh)·x_s + α_t·(1 − e^(−(1+η)h))·x̂0 + σ_t·√(1 − e^(−2ηh))·z,
    // x̂0 being extrapolated from the last predictions
    return walk.run(
        x,
        (k, xt, time, next) -> {
          Batch x0 = walk.x0(xt, time);
          if (next == 0) {
            return x0;
          }
          LambdaNode s = LambdaNode.at(walk.schedule(), time);
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          double h = s.to(t);
          // from where there is no signal, no slope leads on
          History past = Double.isInfinite(h) ? new History(1) : history;
          past.add(s.lambda(), x0);
          double[] weights = DpmStep.multistep(form, type, 0.5, past.nodes(), t.lambda(), 1 + eta);
          Batch mean =
              past.step(
                  form.carry(s, t) * (eta == 0 ? 1 : Math.exp(-eta * h)),
                  xt,
                  form.scale(t),
                  weights);
          if (eta == 0) {
            return mean;
          }
          double std = t.sigma() * Math.sqrt(-Math.expm1(-2 * eta * h));
          Batch z = walk.noise().between(k, s.lambda(), t.lambda(), xt);
          return Batch.lincomb(1, mean, noise * std, z);
        });
  }
}
