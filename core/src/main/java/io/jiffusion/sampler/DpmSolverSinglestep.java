package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Single-step DPM-Solver (Lu et al.: DPM-Solver, 2022, arXiv 2206.00927; DPM-Solver++, 2022, arXiv
 * 2211.01095) whose evaluations within a step are at the grid's own times, as {@code
 * DPMSolverSinglestepScheduler} of diffusers has it: a step of order p takes p intervals of the
 * grid. What is left over at the end is a step of lower order.
 *
 * <p>The last step, to no noise, returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order of most steps: 1, 2 or 3
 * @param type how the derivatives enter
 * @param fullOrderEnd whether a grid that keeps its noise may end with a step of full order; if
 *     not, its last interval is of order 1
 */
public record DpmSolverSinglestep(DpmForm form, int order, DpmType type, boolean fullOrderEnd)
    implements Sampler {

  public DpmSolverSinglestep {
    DpmSolver.checkOrder(order);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    TimeGrid grid = walk.grid();
    Batch[] start = {null};
    Batch[] m = new Batch[order]; // predictions since the start of the step
    return walk.run(
        x,
        (k, xt, time, next) -> {
          int step = k - walk.first();
          int inner = inner(grid, step);
          if (inner == 0) {
            start[0] = xt;
          }
          if (next == 0) {
            return walk.x0(xt, time);
          }
          m[inner] = form.predict(walk, xt, time);
          LambdaNode s = LambdaNode.at(walk.schedule(), grid.time(step - inner));
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          double r1 = inner > 0 ? r(walk, grid, step - inner + 1, s, t) : 0;
          return switch (inner) {
            case 0 -> Batch.lincomb(DpmStep.first(form, s, t), start[0], m[0]);
            case 1 -> Batch.lincomb(DpmStep.second(form, type, r1, s, t), start[0], m[0], m[1]);
            default -> {
              double r2 = r(walk, grid, step, s, t);
              double[] factors = DpmStep.third(form, type, r1, r2, s, t);
              yield Batch.lincomb(factors, start[0], m[0], m[1], m[2]);
            }
          };
        });
  }

  /** Where in the step from s to t a time of the grid lies, in half log-SNR. */
  private static double r(Walk walk, TimeGrid grid, int time, LambdaNode s, LambdaNode t) {
    return s.to(LambdaNode.at(walk.schedule(), grid.time(time))) / s.to(t);
  }

  /** Number of an interval within its step. */
  private int inner(TimeGrid grid, int interval) {
    int noisy = grid.noisySteps();
    boolean lastAlone = grid.steps() == noisy && !fullOrderEnd && noisy % order == 0;
    return interval >= noisy || lastAlone && interval == noisy - 1 ? 0 : interval % order;
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps());
  }
}
