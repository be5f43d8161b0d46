package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Multistep DPM-Solver, and DPM-Solver++ (1, 2M, 3M) in the form of the data (Lu et al.:
 * DPM-Solver++, 2022): one evaluation a step, and the last ones remembered. The first steps are of
 * lower order, as there is nothing to remember yet.
 *
 * <p>The last step, to no noise, returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order 1, 2 or 3
 * @param type how the derivative enters order 2
 * @param lowerOrder when the last steps are of order 2 and 1
 */
public record DpmSolverMultistep(DpmForm form, int order, DpmType type, LowerOrder lowerOrder)
    implements Sampler {

  /** When the last steps are of lower order, which is steadier if they are large. */
  public enum LowerOrder {
    /** On grids of fewer than ten steps, as the authors' program does. */
    FEW_STEPS,
    ALWAYS,
    NEVER;

    boolean holds(int steps) {
      return this == ALWAYS || this == FEW_STEPS && steps < 10;
    }
  }

  public DpmSolverMultistep {
    DpmSolver.checkOrder(order);
  }

  /** As the papers recommend it. */
  public DpmSolverMultistep(DpmForm form, int order) {
    this(form, order, DpmType.DPM_SOLVER, LowerOrder.FEW_STEPS);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    TimeGrid grid = walk.grid();
    int steps = grid.endsWithoutNoise() ? grid.steps() - 1 : grid.steps();
    boolean lower = lowerOrder.holds(steps);
    List<Node> nodes = new ArrayList<>(); // the last first
    List<Batch> m = new ArrayList<>();
    return walk.run(
        x,
        (k, xt, time, next) -> {
          if (next == 0) {
            return walk.x0(xt, time);
          }
          Node s = Node.at(walk.schedule(), time);
          Node t = Node.at(walk.schedule(), next);
          nodes.add(0, s);
          m.add(0, form.predict(walk, xt, time));
          int left = steps - (k - walk.first());
          int possible = Math.min(order, nodes.size());
          return step(lower ? Math.min(possible, left) : possible, xt, m, nodes, t);
        });
  }

  private Batch step(int order, Batch x, List<Batch> m, List<Node> nodes, Node t) {
    Node s = nodes.get(0);
    double h = s.to(t);
    if (order == 1) {
      return Batch.lincomb(DpmStep.first(form, s, t), x, m.get(0));
    }
    double r1 = s.to(nodes.get(1)) / h;
    if (order == 2) {
      return Batch.lincomb(DpmStep.second(form, type, r1, s, t), x, m.get(0), m.get(1));
    }
    double r2 = s.to(nodes.get(2)) / h;
    return Batch.lincomb(
        DpmStep.scaled(form, s, t, DpmStep.weights(form, r1, r2, 0.5, h)),
        x,
        m.get(0),
        m.get(1),
        m.get(2));
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps());
  }
}
