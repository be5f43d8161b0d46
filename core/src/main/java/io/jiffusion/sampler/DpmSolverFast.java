package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * DPM-Solver-fast (Lu et al.: DPM-Solver, 2022): single steps of several orders, so that a budget
 * of evaluations is used exactly: steps of the highest order, then one or two of lower order.
 *
 * <p>The grid has as many steps as the plan; {@link #outer} picks them out of a grid with a step
 * for each evaluation, and in half log-SNR the paper spaces the plan's own steps evenly. The last
 * step, to no noise, returns the predicted data: the plan then has one evaluation less.
 *
 * @param solver form, highest order, type and inner nodes
 * @param evaluations the budget
 */
public record DpmSolverFast(DpmSolver solver, int evaluations) implements Sampler {

  public DpmSolverFast {
    orders(evaluations, solver.order());
  }

  /**
   * The order of each step.
   *
   * @param evaluations the sum of the orders, 1 or more
   * @param order the highest, 1, 2 or 3
   */
  public static int[] orders(int evaluations, int order) {
    DpmSolver.checkOrder(order);
    if (evaluations < 1) {
      throw new IllegalArgumentException(
          "illegal evaluations: " + evaluations + ", must be 1 or more");
    }
    boolean split = order == 3 && evaluations % 3 == 0; // ends with 2 and 1, not with 3
    int highest = evaluations / order - (split ? 1 : 0);
    int rest = evaluations - order * highest;
    int[] orders = new int[highest + (split ? 2 : rest > 0 ? 1 : 0)];
    Arrays.fill(orders, 0, highest, order);
    if (split) {
      orders[highest] = 2;
      orders[highest + 1] = 1;
    } else if (rest > 0) {
      orders[highest] = rest;
    }
    return orders;
  }

  /** The steps of the plan, out of a grid with a step for each evaluation. */
  public TimeGrid outer(TimeGrid fine) {
    if (fine.steps() != evaluations) {
      throw new IllegalArgumentException(
          "illegal grid: "
              + fine.steps()
              + " steps, must be "
              + evaluations
              + ", one for each evaluation");
    }
    int[] orders = plan(fine);
    int steps = fine.endsWithoutNoise() ? orders.length + 1 : orders.length;
    double[] times = new double[steps + 1];
    times[0] = fine.time(0);
    int at = 0;
    for (int k = 0; k < orders.length; k++) {
      at += orders[k];
      times[k + 1] = fine.time(at);
    }
    return new TimeGrid(times);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    int[] orders = plan(walk.grid());
    int steps = walk.grid().endsWithoutNoise() ? orders.length + 1 : orders.length;
    if (walk.grid().steps() != steps) {
      throw new IllegalArgumentException(
          "illegal grid: "
              + walk.grid().steps()
              + " steps, must be "
              + steps
              + " for "
              + evaluations
              + " evaluations: orders "
              + Arrays.toString(orders)
              + (walk.grid().endsWithoutNoise() ? ", then one evaluation to no noise" : ""));
    }
    return walk.run(
        x,
        (k, xt, t, s) ->
            s == 0
                ? walk.x0(xt, t)
                : solver.step(
                    walk,
                    orders[k - walk.first()],
                    xt,
                    Node.at(walk.schedule(), t),
                    Node.at(walk.schedule(), s)));
  }

  private int[] plan(TimeGrid grid) {
    return orders(grid.endsWithoutNoise() ? evaluations - 1 : evaluations, solver.order());
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(evaluations);
  }
}
