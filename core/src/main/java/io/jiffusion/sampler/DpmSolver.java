package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * Single-step DPM-Solver of order 1, 2 or 3 (Lu et al.: DPM-Solver: a fast ODE solver for diffusion
 * probabilistic model sampling in around 10 steps, 2022, arXiv 2206.00927, Algorithms 3 to 5), and
 * DPM-Solver++ in the form of the data (Lu et al.: DPM-Solver++: fast solver for guided sampling of
 * diffusion probabilistic models, 2022, arXiv 2211.01095): as many evaluations in a step as the
 * order, at the step's start and between. Order 1 is DDIM (section 4.1).
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
    LOGSNR {
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
    TIME_QUADRATIC {
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
    this(form, order, DpmType.DPM_SOLVER, Inner.LOGSNR);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    return walk.run(
        x,
        (k, xt, t, s) -> s == 0 ? walk.x0(xt, t) : step(walk, form, type, xt, nodes(walk, t, s)));
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.of(grid.steps() + (order - 1) * grid.noisySteps());
  }

  private LambdaNode[] nodes(Walk walk, double s, double t) {
    LambdaNode[] nodes = new LambdaNode[order + 1];
    for (int i = 0; i <= order; i++) {
      double r = (double) i / order;
      nodes[i] =
          LambdaNode.at(
              walk.schedule(), i == 0 ? s : i == order ? t : inner.time(walk.schedule(), s, t, r));
    }
    return nodes;
  }

  /**
   * One step.
   *
   * @param nodes the step's start, one or two nodes between, and its end: one fewer than these is
   *     the order
   */
  static Batch step(Walk walk, DpmForm form, DpmType type, Batch x, LambdaNode... nodes) {
    return step(walk, form, type, x, form.predict(walk, x, nodes[0].t()), nodes);
  }

  /** One step, the prediction m0 at its start being known. */
  static Batch step(Walk walk, DpmForm form, DpmType type, Batch x, Batch m0, LambdaNode... nodes) {
    LambdaNode s = nodes[0];
    LambdaNode t = nodes[nodes.length - 1];
    if (nodes.length == 2) {
      return Batch.lincomb(DpmStep.first(form, s, t), x, m0); // Algorithm 3
    }
    // u = DPM-Solver-1 from s to s1, Algorithms 4 and 5
    LambdaNode s1 = nodes[1];
    double r1 = s.to(s1) / s.to(t);
    Batch m1 = form.predict(walk, Batch.lincomb(DpmStep.first(form, s, s1), x, m0), s1.t());
    if (nodes.length == 3) {
      return Batch.lincomb(DpmStep.second(form, type, r1, s, t), x, m0, m1); // Algorithm 4
    }
    // u_2 = α_s2/α_s·x − σ_s2·(e^(r2·h) − 1)·ε − σ_s2·r2/r1·((e^(r2·h) − 1)/(r2·h) − 1)·D_1
    LambdaNode s2 = nodes[2];
    double r2 = s.to(s2) / s.to(t);
    double[] onWay = DpmStep.second(form, DpmType.TAYLOR, r1 / r2, s, s2);
    Batch m2 = form.predict(walk, Batch.lincomb(onWay, x, m0, m1), s2.t());
    return Batch.lincomb(DpmStep.third(form, type, r1, r2, s, t), x, m0, m1, m2); // Algorithm 5
  }

  static void checkOrder(int order) {
    if (order < 1 || order > 3) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1, 2 or 3");
    }
  }
}
