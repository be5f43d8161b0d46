package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * PNDM (Liu, Ren, Lin, Zhao: Pseudo numerical methods for diffusion models on manifolds, 2022,
 * arXiv 2202.09778): DDIM's step, the paper's transfer part (eq. 9), along a combination of the
 * last noises with the coefficients of Adams and Bashforth for steps of one length. With other
 * starts it is PLMS, as latent diffusion and diffusers have it, and iPNDM (of DEIS's authors).
 * Functions named here are those of {@code runner/method.py} in the authors' program.
 *
 * <p>The coefficients are right for grids that are uniform in sigma/alpha. On all others, which
 * includes all that are in use, the methods are of order 2, whatever the order of the coefficients.
 *
 * @param order of the coefficients, 1 to 4
 * @param start how the first steps do without a past
 * @param endsAtData whether a last step to no noise returns the predicted data; if not, it is one
 *     more step of full order, as in diffusers with {@code set_alpha_to_one}
 */
public record Pndm(int order, Start start, boolean endsAtData) implements Sampler {
  private static final double[][] ADAMS_BASHFORTH = {
    {1},
    {3 / 2., -1 / 2.},
    {23 / 12., -16 / 12., 5 / 12.},
    {55 / 24., -59 / 24., 37 / 24., -9 / 24.}
  };

  /** How the first steps do without a past. */
  public enum Start {
    /** Lower orders, from Euler's method on: iPNDM. */
    LOWER_ORDER,

    /** The first step is Heun's, of one evaluation more; then lower orders: PLMS. */
    HEUN,

    /**
     * Runge and Kutta's method, of four evaluations, until there is a past: PNDM. Its middle is
     * that of the times.
     */
    RUNGE_KUTTA
  }

  public Pndm {
    if (order < 1 || order > ADAMS_BASHFORTH.length) {
      throw new IllegalArgumentException(
          "illegal order: " + order + ", must be from 1 to " + ADAMS_BASHFORTH.length);
    }
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    int noisy = grid.noisySteps(); // steps that can have stages
    int more =
        switch (start) {
          case LOWER_ORDER -> 0;
          case HEUN -> Math.min(noisy, 1);
          case RUNGE_KUTTA -> 3 * Math.min(noisy, order - 1);
        };
    return OptionalInt.of(grid.steps() + more);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    History history = new History(order);
    return walk.run(
        x,
        (k, xt, t, s) -> {
          BothPredictions now = walk.both(xt, t);
          int step = k - walk.first();
          history.add(t, now.eps());
          if (s == 0 && (endsAtData || step == 0)) {
            return now.x0();
          }
          if (s > 0 && start == Start.HEUN && step == 0) {
            return heun(walk, now, s);
          }
          if (s > 0 && start == Start.RUNGE_KUTTA && step < order - 1) {
            return rungeKutta(walk, now, s);
          }
          return adamsBashforth(walk.schedule(), history, now, s);
        });
  }

  private static Batch adamsBashforth(
      NoiseSchedule schedule, History history, BothPredictions now, double s) {
    // e′ = (55·e_t − 59·e_{t−δ} + 37·e_{t−2δ} − 9·e_{t−3δ})/24, gen_order_4; then the transfer
    double end = s == 0 ? 0 : schedule.noiseLevel(s);
    double[] weights = ADAMS_BASHFORTH[history.size() - 1].clone();
    for (int j = 0; j < weights.length; j++) {
      weights[j] *= end - schedule.noiseLevel(now.t());
    }
    double sigma = s == 0 ? 0 : schedule.sigma(s);
    return history.beyondDdim(schedule.alpha(s), sigma, now.x0(), weights);
  }

  private static Batch heun(Walk walk, BothPredictions now, double s) {
    // e′ = (e_1 + e_2)/2, improved_eular
    Batch end = walk.eps(now.ddim(s), s);
    return now.along(Batch.lincomb(0.5, now.eps(), 0.5, end), s);
  }

  private static Batch rungeKutta(Walk walk, BothPredictions now, double s) {
    // e′ = (e_1 + 2·e_2 + 2·e_3 + e_4)/6, runge_kutta
    double middle = 0.5 * (now.t() + s);
    Batch e1 = now.eps();
    Batch e2 = walk.eps(now.ddim(middle), middle);
    Batch e3 = walk.eps(now.along(e2, middle), middle);
    Batch e4 = walk.eps(now.along(e3, s), s);
    return now.along(
        Batch.lincomb(new double[] {1 / 6., 1 / 3., 1 / 3., 1 / 6.}, e1, e2, e3, e4), s);
  }
}
