package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * DEIS (Zhang, Chen: Fast sampling of diffusion models with exponential integrator, 2023, arXiv
 * 2204.13902), multistep: the flow's solution {@code x_s/alpha_s = x_t/alpha_t + ∫ε dρ}, where ρ is
 * sigma/alpha, with the predicted noise replaced by the polynomial through its last values. The
 * integral of the polynomial is exact; the authors' program ({@code get_ab_eps_coef} of its {@code
 * multistep.py}) sums it up on 10,000 points.
 *
 * <p>Degree 0 is DDIM; degree r would converge at order r + 1, but since the first step knows one
 * value only, there is no more than 2 in the limit. The last step, to no noise, returns the
 * predicted data.
 *
 * @param degree of the polynomial, 0 or more, as the paper counts (tAB0 … tAB3); one less than the
 *     {@code solver_order} of diffusers
 * @param axis what it is a polynomial in
 * @param lowerOrder when the last steps use lower degrees: … 2, 1, 0. The paper's never do
 */
public record Deis(int degree, Axis axis, LowerOrder lowerOrder) implements Sampler {

  /** What the noise is a polynomial in. */
  public enum Axis {
    /** The time: the paper's tAB. */
    TIME {
      @Override
      double at(NoiseSchedule schedule, double t) {
        return t;
      }

      @Override
      double[] weights(NoiseSchedule schedule, double[] nodes, double end) {
        double[] weights = new double[nodes.length];
        for (int j = 1; j < nodes.length; j++) {
          int node = j; // ∫L dρ by parts, because a schedule tells ρ, not its slope
          weights[j] =
              Lagrange.polynomial(nodes, j, end) * schedule.noiseLevel(end)
                  - Lagrange.integral(
                      t -> Lagrange.slope(nodes, node, t) * schedule.noiseLevel(t), nodes[0], end);
        }
        return weights;
      }
    },

    /** ρ itself: the paper's ρAB. The same as {@link Lms}. */
    RHO {
      @Override
      double at(NoiseSchedule schedule, double t) {
        return schedule.noiseLevel(t);
      }

      @Override
      double[] weights(NoiseSchedule schedule, double[] nodes, double end) {
        return Lagrange.integrals(nodes, nodes[0], end, rho -> 1);
      }
    },

    /** log ρ: what diffusers does. The same as UniPC's predictor for the noise. */
    LOG_RHO {
      @Override
      double at(NoiseSchedule schedule, double t) {
        return -schedule.lambda(t);
      }

      @Override
      double[] weights(NoiseSchedule schedule, double[] nodes, double end) {
        return Lagrange.integrals(nodes, nodes[0], end, Math::exp); // dρ = ρ d log ρ
      }
    };

    /** A time on this axis. */
    abstract double at(NoiseSchedule schedule, double t);

    /** Weights in x/alpha of the noises at the nodes, of which the first may be left out. */
    abstract double[] weights(NoiseSchedule schedule, double[] nodes, double end);
  }

  public Deis {
    if (degree < 0) {
      throw new IllegalArgumentException("illegal degree: " + degree + ", must be 0 or more");
    }
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    NoiseSchedule schedule = walk.schedule();
    History history = new History(degree + 1);
    // x_s/alpha_s = x_t/alpha_t + Σ_j C_j·ε_j, C_j = ∫ Π_{k≠j} (τ − τ_k)/(τ_j − τ_k) dρ(τ)
    return walk.run(
        x,
        (k, xt, t, s) -> {
          BothPredictions now = walk.both(xt, t);
          if (s == 0) {
            return now.x0();
          }
          history.add(axis.at(schedule, t), now.eps());
          History past =
              history.newest(lowerOrder.most(history.size(), k - walk.first(), walk.grid()));
          double[] weights = axis.weights(schedule, past.nodes(), axis.at(schedule, s)); // C_j
          return past.beyondDdim(schedule.alpha(s), schedule.sigma(s), now.x0(), weights);
        });
  }
}
