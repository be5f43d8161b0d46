package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Single-step DPM-Solver of order 1, 2 or 3 (Lu et al.: DPM-Solver, 2022), and DPM-Solver++ in the
 * form of the data (Lu et al.: DPM-Solver++, 2022): as many evaluations in a step as the order, at
 * the step's start and between. Order 1 is DDIM.
 *
 * <p>The last step, to no noise, returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order 1, 2 or 3
 * @param type how the derivatives enter
 * @param inner where the evaluations within a step lie
 */
public record DpmSolver(DpmForm form, int order, DpmType type, Inner inner) implements Sampler {

  /**
   * Where the nodes within a step lie: spaced as the grid is, the steps being its every order-th.
   */
  public enum Inner {
    /** Evenly in half log-SNR, as the paper has it. */
    LAMBDA {
      @Override
      double time(NoiseSchedule schedule, double s, double t, double r) {
        double from = schedule.lambda(s);
        return schedule.timeOf(from + r * (schedule.lambda(t) - from));
      }
    },

    /** Evenly in time. */
    TIME {
      @Override
      double time(NoiseSchedule schedule, double s, double t, double r) {
        return s + r * (t - s);
      }
    },

    /** Evenly in the root of time. */
    QUADRATIC {
      @Override
      double time(NoiseSchedule schedule, double s, double t, double r) {
        double root = Math.sqrt(s) + r * (Math.sqrt(t) - Math.sqrt(s));
        return root * root;
      }
    };

    /** The time a fraction r of the way from s to t. */
    abstract double time(NoiseSchedule schedule, double s, double t, double r);
  }

  public DpmSolver {
    checkOrder(order);
  }

  /** As the papers recommend it. */
  public DpmSolver(DpmForm form, int order) {
    this(form, order, DpmType.DPM_SOLVER, Inner.LAMBDA);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    return walk.run(
        x,
        (k, xt, t, s) ->
            s == 0
                ? walk.x0(xt, t)
                : step(walk, order, xt, Node.at(walk.schedule(), t), Node.at(walk.schedule(), s)));
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(
        grid.endsWithoutNoise() ? order * (grid.steps() - 1) + 1 : order * grid.steps());
  }

  /** One step of any order from s to t. */
  Batch step(Walk walk, int order, Batch x, Node s, Node t) {
    return step(walk, order, x, form.predict(walk, x, s.t()), s, t);
  }

  /** One step, the prediction m0 at s being known. */
  Batch step(Walk walk, int order, Batch x, Batch m0, Node s, Node t) {
    if (order == 1) {
      return Batch.lincomb(DpmStep.first(form, s, t), x, m0);
    }
    Node s1 = inner(walk.schedule(), s, t, 1.0 / order);
    double r1 = s.to(s1) / s.to(t);
    Batch m1 = form.predict(walk, Batch.lincomb(DpmStep.first(form, s, s1), x, m0), s1.t());
    if (order == 2) {
      return Batch.lincomb(DpmStep.second(form, type, r1, s, t), x, m0, m1);
    }
    Node s2 = inner(walk.schedule(), s, t, 2.0 / order);
    double r2 = s.to(s2) / s.to(t);
    Batch m2 =
        form.predict(
            walk,
            Batch.lincomb(DpmStep.second(form, DpmType.TAYLOR, r1 / r2, s, s2), x, m0, m1),
            s2.t());
    return Batch.lincomb(DpmStep.third(form, type, r1, r2, s, t), x, m0, m1, m2);
  }

  private Node inner(NoiseSchedule schedule, Node s, Node t, double r) {
    return Node.at(schedule, inner.time(schedule, s.t(), t.t(), r));
  }

  static void checkOrder(int order) {
    if (order < 1 || order > 3) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1, 2 or 3");
    }
  }
}
