package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Arrays;

/**
 * UniPC (Zhao et al.: UniPC: A unified predictor-corrector framework for fast sampling of diffusion
 * models, 2023), multistep: Adams's predictor and corrector for the flow over half log-SNR λ.
 *
 * <p>Of the flow's solution, {@code x_s = sigma_s/sigma_t·x_t + sigma_s·∫e^λ x̂0(λ)dλ} for
 * predicted data, {@code x_s = alpha_s/alpha_t·x_t − alpha_s·∫e^−λ ε(λ)dλ} for predicted noise, the
 * model is replaced by the polynomial through its last values. The predictor UniP takes those at t
 * and before. The corrector UniC takes in the value at the predicted state too; this value also
 * serves the next step, so that it costs no evaluation. The paper states the condition on the
 * weights as a linear system; its solution is the integrals of Lagrange's polynomials.
 *
 * <p>The predictor's order is {@code order}, the corrector adds one; since the first step knows one
 * value only, there is no more than 2 without and 3 with corrector in the limit. A last step of
 * lower order makes it 2. The last step has no corrector, whose evaluation nothing would use again,
 * nor has the one before a step to no noise, which returns the predicted data.
 *
 * @param order of the predictor, 1 or more: past values that a step uses
 * @param variant what stands for the weight where there is one difference of values only
 * @param form what is interpolated
 * @param corrector whether steps are corrected
 * @param lowerOrderFinal whether the last steps, on which errors are never smoothed, use fewer
 *     values: … 3, 2, 1
 */
public record UniPc(
    int order, Variant variant, Form form, boolean corrector, boolean lowerOrderFinal)
    implements Sampler {

  /**
   * The paper's functions B(h). With two differences or more they drop out; of one difference the
   * weight is B(h)/2, which has the same order as the integral.
   */
  public enum Variant {
    /** B(h) = h. */
    BH1 {
      @Override
      double weight(double h) {
        return h / 2;
      }
    },

    /** B(h) = e^h − 1. */
    BH2 {
      @Override
      double weight(double h) {
        return Math.expm1(h) / 2;
      }
    },

    /**
     * Varying coefficients: the integral itself everywhere. The authors' code does something else
     * above order 1, which is of first order only.
     */
    VARYING {
      @Override
      double weight(double h) {
        return Math.expm1(h) / h - 1;
      }
    };

    /** What stands for {@code h·∫e^(h(1−u)) u du} over the step as 0 … 1. */
    abstract double weight(double h);
  }

  /** What the polynomial interpolates. */
  public enum Form {
    /** The predicted data. */
    DATA {
      @Override
      Batch value(Walk walk, Batch xt, double t) {
        return walk.x0(xt, t);
      }

      @Override
      double keeps(NoiseSchedule schedule, double t, double s) {
        return schedule.sigma(s) / schedule.sigma(t);
      }

      @Override
      double scale(NoiseSchedule schedule, double s) {
        return schedule.alpha(s);
      }

      @Override
      int sign() {
        return -1;
      }
    },

    /** The predicted noise. */
    NOISE {
      @Override
      Batch value(Walk walk, Batch xt, double t) {
        return walk.eps(xt, t);
      }

      @Override
      double keeps(NoiseSchedule schedule, double t, double s) {
        double h = schedule.lambda(s) - schedule.lambda(t);
        return schedule.sigma(s)
            / schedule.sigma(t)
            * Math.exp(h); // alpha_s/alpha_t, of the same h
      }

      @Override
      double scale(NoiseSchedule schedule, double s) {
        return schedule.sigma(s);
      }

      @Override
      int sign() {
        return 1;
      }
    };

    /** Evaluates the model. */
    abstract Batch value(Walk walk, Batch xt, double t);

    /** How much of the state is left at s. */
    abstract double keeps(NoiseSchedule schedule, double t, double s);

    /** Scale at s of what the step adds. */
    abstract double scale(NoiseSchedule schedule, double s);

    /** Of λ in the exponent: the paper's h is the step of λ for noise, minus it for data. */
    abstract int sign();
  }

  public UniPc {
    if (order < 1) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1 or more");
    }
  }

  /** The authors' choice: B2, predicted data, corrected, lower order at the end. */
  public UniPc(int order) {
    this(order, Variant.BH2, Form.DATA, true, true);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    checkSignal(walk, this);
    NoiseSchedule schedule = walk.schedule();
    int steps = walk.grid().steps() - (walk.grid().endsWithoutNoise() ? 1 : 0);
    History history = new History(order);
    Batch[] ahead = {null}; // the model's value at the state that is reached, where it is known
    return walk.run(
        x,
        (k, xt, t, s) -> {
          if (s == 0) {
            return walk.x0(xt, t);
          }
          int step = k - walk.first();
          history.add(schedule.lambda(t), ahead[0] == null ? form.value(walk, xt, t) : ahead[0]);
          History past = history.newest(order(step, steps));
          Batch predicted = next(schedule, past, xt, t, s);
          if (!corrector || step == steps - 1) {
            ahead[0] = null;
            return predicted;
          }
          ahead[0] = form.value(walk, predicted, s);
          return next(schedule, past.and(schedule.lambda(s), ahead[0]), xt, t, s);
        });
  }

  private int order(int step, int steps) {
    if (step + 1 < order) {
      return step + 1; // values are still few
    }
    return lowerOrderFinal ? Math.min(order, steps - step) : order;
  }

  private Batch next(NoiseSchedule schedule, History values, Batch xt, double t, double s) {
    double[] weights = weights(schedule.lambda(t), schedule.lambda(s), values.nodes());
    double scale = form.scale(schedule, s);
    return values.step(
        form.keeps(schedule, t, s),
        xt,
        Arrays.stream(weights).map(weight -> scale * weight).toArray());
  }

  /** Weights of the values at these nodes, the first of which is the start of the step. */
  private double[] weights(double start, double end, double[] nodes) {
    if (nodes.length == 2) {
      double h = form.sign() * (end - start);
      double r = (nodes[1] - start) / (end - start);
      double difference = variant.weight(h) / r;
      return new double[] {difference - Math.expm1(h), -difference};
    }
    return Lagrange.integrals(
        nodes, start, end, lambda -> -form.sign() * Math.exp(form.sign() * (end - lambda)));
  }

  /**
   * For samplers that divide by the signal.
   *
   * @throws IllegalArgumentException if there is none at the noisiest time
   */
  static void checkSignal(Walk walk, Sampler sampler) {
    double t = Math.max(walk.grid().time(0), walk.grid().time(walk.grid().steps()));
    if (!(walk.schedule().alpha(t) > 0)) {
      throw new IllegalArgumentException(
          "illegal time: "
              + t
              + ", where alpha is 0, must have a signal for "
              + sampler
              + "; take times below it, or the sampler ddim");
    }
  }
}
