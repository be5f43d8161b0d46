package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Multistep DPM-Solver, and DPM-Solver++ (2M, 3M) in the form of the data (Lu et al.: DPM-Solver++:
 * fast solver for guided sampling of diffusion probabilistic models, 2022, arXiv 2211.01095,
 * Algorithm 2; {@code multistep_dpm_solver_update} of its {@code dpm_solver_pytorch.py}): one
 * evaluation a step, and the last ones remembered. The first steps are of lower order, as there is
 * little to remember yet.
 *
 * <p>From three predictions, the originals take half of the second derivative, which leaves order
 * 2; {@code exact} takes all of it, and starts with a step of order 2 so that order 3 is reached:
 * nearer to the flow in many steps, mostly not in fewer than 20. The last step, to no noise,
 * returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order as the papers count: predictions that a step uses, 1, 2 or 3
 * @param type how the derivative enters order 2
 * @param lowerOrder when the last steps are of order 2 and 1
 * @param exact whether order 3 is one in truth; costs one evaluation more
 */
public record DpmSolverMultistep(
    DpmForm form, int order, DpmType type, LowerOrder lowerOrder, boolean exact)
    implements Sampler {

  public DpmSolverMultistep {
    DpmSolver.checkOrder(order);
    if (exact && order != 3) {
      throw new IllegalArgumentException(
          "illegal order: " + order + " with exact, must be 3; lower orders are what they say");
    }
  }

  /** As the authors' program has it. */
  public DpmSolverMultistep(DpmForm form, int order) {
    this(form, order, DpmType.DPM_SOLVER, LowerOrder.FEW, false);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    if (form == DpmForm.NOISE) {
      walk.mustHaveSignal(this);
    }
    History history = new History(order);
    // 2M: D = (1 + 1/(2r))·x̂0(t_{i−1}) − 1/(2r)·x̂0(t_{i−2}), r = h_{i−1}/h_i;
    // x_i = σ_i/σ_{i−1}·x_{i−1} − α_i·(e^(−h_i) − 1)·D
    return walk.run(
        x,
        (k, xt, time, next) -> {
          if (next == 0) {
            return walk.x0(xt, time);
          }
          Batch m0 = form.predict(walk, xt, time);
          LambdaNode s = LambdaNode.at(walk.schedule(), time);
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          if (Double.isInfinite(s.lambda())) { // from where there is no signal, no slope leads on
            return Batch.lincomb(DpmStep.first(form, s, t), xt, m0);
          }
          history.add(s.lambda(), m0);
          if (exact && history.size() == 1) {
            LambdaNode s1 = LambdaNode.of(walk.schedule(), s.lambda() + s.to(t) / 2);
            return DpmSolver.step(walk, form, type, xt, m0, s, s1, t);
          }
          History past =
              history.newest(lowerOrder.most(history.size(), k - walk.first(), walk.grid()));
          double[] weights =
              DpmStep.multistep(form, type, exact ? 1 : 0.5, past.nodes(), t.lambda(), 1);
          return past.step(form.carry(s, t), xt, form.scale(t), weights);
        });
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + (exact ? Math.min(grid.noisySteps(), 1) : 0));
  }
}
