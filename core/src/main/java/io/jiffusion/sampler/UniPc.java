package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * UniPC (Zhao et al.: UniPC: A unified predictor-corrector framework for fast sampling of diffusion
 * models, 2023, arXiv 2302.04867; {@code multistep_uni_pc_bh_update} of its {@code uni_pc.py}),
 * multistep: Adams's predictor and corrector for the flow over half log-SNR λ.
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
 * @param form what is interpolated, data or noise
 * @param corrector whether steps are corrected
 * @param lowerOrder when the last steps use fewer values: … 3, 2, 1
 */
public record UniPc(
    int order, Variant variant, DpmForm form, boolean corrector, LowerOrder lowerOrder)
    implements Sampler {

  /**
   * The paper's functions B(h). With two differences or more they drop out; of one difference the
   * weight is B(h)/2, which has the same order as the integral.
   */
  public enum Variant {
    /** B(h) = h. */
    BH1 {
      @Override
      double weight(DpmForm form, double h) {
        return h / 2;
      }
    },

    /** B(h) = e^h − 1. */
    BH2 {
      @Override
      double weight(DpmForm form, double h) {
        return form.integral(1, h) / 2;
      }
    },

    /**
     * Varying coefficients: the integral itself everywhere. The authors' code does something else
     * above order 1, which is of first order only.
     */
    VARYING {
      @Override
      double weight(DpmForm form, double h) {
        return form.integral(2, h);
      }
    };

    /** What stands for the integral of a slope of 1 over the step. */
    abstract double weight(DpmForm form, double h);
  }

  public UniPc {
    if (order < 1) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1 or more");
    }
  }

  /** The authors' choice: B2, predicted data, corrected, lower order at the end. */
  public UniPc(int order) {
    this(order, Variant.BH2, DpmForm.DATA, true, LowerOrder.ALWAYS);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    int steps = walk.grid().noisySteps();
    History history = new History(order);
    Batch[] ahead = {null}; // the model's value at the state that is reached, where it is known
    return walk.run(
        x,
        (k, xt, time, next) -> {
          if (next == 0) {
            return walk.x0(xt, time);
          }
          LambdaNode s = LambdaNode.at(walk.schedule(), time);
          LambdaNode t = LambdaNode.at(walk.schedule(), next);
          int step = k - walk.first();
          history.add(s.lambda(), ahead[0] == null ? form.predict(walk, xt, time) : ahead[0]);
          History past = history.newest(lowerOrder.most(history.size(), step, walk.grid()));
          Batch predicted = step(past, xt, s, t); // UniP
          if (!corrector || step == steps - 1) {
            ahead[0] = null;
            return predicted;
          }
          ahead[0] = form.predict(walk, predicted, next);
          return step(past.and(t.lambda(), ahead[0]), xt, s, t); // UniC
        });
  }

  private Batch step(History values, Batch xs, LambdaNode s, LambdaNode t) {
    double[] weights = weights(values.nodes(), s.lambda(), t.lambda());
    return values.step(form.carry(s, t), xs, form.scale(t), weights);
  }

  /** Weights of the values at these nodes, the first of which is the start of the step. */
  private double[] weights(double[] nodes, double start, double end) {
    // with one difference of values its weight is B(h)/2; with more, the paper's linear system
    // R·ρ·B(h) = φ is solved by the integrals
    if (nodes.length == 2) {
      double h = end - start;
      double slope = variant.weight(form, h) * h / (nodes[1] - start);
      return new double[] {form.integral(1, h) - slope, slope};
    }
    int sign = form == DpmForm.NOISE ? 1 : -1;
    return Lagrange.integrals(nodes, start, end, lambda -> Math.exp(sign * (end - lambda)));
  }
}
