package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.OrderPlan;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * DPM-Solver-fast (Lu et al.: DPM-Solver: a fast ODE solver for diffusion probabilistic model
 * sampling in around 10 steps, 2022, arXiv 2206.00927, appendix D.3), k-diffusion's {@code
 * sample_dpm_fast}: single steps of several orders, so that any number of evaluations is used
 * exactly: steps of the highest order, then one or two of lower order.
 *
 * <p>Every time of the grid but the last is evaluated, so a step of order p takes p intervals of
 * the grid at once; the states between are seen by nobody. In the paper the steps are evenly spaced
 * in half log-SNR, whatever their orders: {@link OrderPlan#spacing}. The last step, to no noise,
 * returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order of most steps: 1, 2 or 3
 * @param type how the derivatives enter
 * @param eta 0: the flow; 1: the noise of ancestral sampling, which leaves only order 1
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 */
public record DpmSolverFast(DpmForm form, int order, DpmType type, double eta, double noise)
    implements Sampler {

  public DpmSolverFast {
    DpmSolver.checkOrder(order);
    AncestralStep.check(eta, noise);
  }

  /** The paper's: the flow, the simplest factors. */
  public DpmSolverFast(DpmForm form, int order) {
    this(form, order, DpmType.DPM_SOLVER, 0, 1);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    walk.mustDescend(this);
    TimeGrid grid = walk.grid();
    int evaluations = grid.noisySteps();
    int[] orders = evaluations == 0 ? new int[0] : OrderPlan.orders(evaluations, order);
    int[] first = new int[orders.length + 1]; // number of each step's first interval
    for (int k = 0; k < orders.length; k++) {
      first[k + 1] = first[k] + orders[k];
    }
    LambdaNode end = LambdaNode.at(walk.schedule(), grid.time(evaluations));
    return walk.over(outer(grid, first), walk.first())
        .run(
            x,
            (k, xt, time, next) -> {
              if (next == 0) {
                return walk.x0(xt, time);
              }
              int step = k - walk.first();
              LambdaNode[] nodes = new LambdaNode[orders[step] + 1];
              for (int i = 0; i < nodes.length; i++) {
                nodes[i] = LambdaNode.at(walk.schedule(), grid.time(first[step] + i));
              }
              return step(walk, k, xt, nodes, end);
            });
  }

  private Batch step(Walk walk, int k, Batch x, LambdaNode[] nodes, LambdaNode end) {
    if (eta == 0) {
      return DpmSolver.step(walk, form, type, x, nodes);
    }
    LambdaNode s = nodes[0];
    LambdaNode t = nodes[nodes.length - 1];
    LambdaNode down = t.down(s, eta, end);
    LambdaNode[] lower = nodes.clone();
    for (int i = 1; i < nodes.length - 1; i++) {
      double r = s.to(nodes[i]) / s.to(t);
      lower[i] = LambdaNode.of(walk.schedule(), s.lambda() + r * s.to(down));
    }
    lower[nodes.length - 1] = down;
    Batch y = DpmSolver.step(walk, form, type, x, lower);
    Batch z = walk.noise().between(k, s.lambda(), t.lambda(), x);
    return Batch.lincomb(1, y, noise * t.up(down), z);
  }

  private static TimeGrid outer(TimeGrid grid, int[] first) {
    double[] times = Arrays.stream(first).mapToDouble(grid::time).toArray();
    return new TimeGrid(grid.endsWithoutNoise() ? Arrays.copyOf(times, times.length + 1) : times);
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps());
  }
}
