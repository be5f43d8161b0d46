package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;

/**
 * The deterministic way between data and noise on which every state is distributed as in the
 * forward process: {@code dx/dt = f x − ½ g² score} (Song et al.: Score-based generative modeling
 * through stochastic differential equations, 2021, arXiv 2011.13456, eq. 13), in terms of the
 * predicted data {@code state·x + data·x̂0}.
 *
 * @param state factor of the state in the slope
 * @param data factor of the predicted data in the slope
 */
public record ProbabilityFlow(double state, double data) {

  /**
   * The flow at time t.
   *
   * @throws IllegalArgumentException if there is no signal or no noise, where the slope is infinite
   */
  public static ProbabilityFlow of(NoiseSchedule schedule, double t) {
    double alpha = schedule.alpha(t);
    double sigma = schedule.sigma(t);
    if (!(schedule.hasSignal(t) && sigma > 0)) {
      throw new IllegalArgumentException(
          "illegal time of the probability flow: "
              + t
              + ", must have both signal and noise (alpha "
              + alpha
              + ", sigma "
              + sigma
              + "); start at an earlier time, end at a later one");
    }
    // f·x − ½·g²·∇log p_t(x), eq. 13, with ∇log p_t(x) = (alpha·x̂0 − x)/sigma²
    double pull = 0.5 * schedule.g2(t) / (sigma * sigma);
    return new ProbabilityFlow(schedule.f(t) + pull, -pull * alpha);
  }

  /** The slope of images that are all at one time. */
  public static Batch slope(Denoiser denoiser, NoiseSchedule schedule, double t, Batch x) {
    ProbabilityFlow flow = of(schedule, t);
    return Batch.lincomb(flow.state, x, flow.data, denoiser.at(x, t).x0());
  }

  /**
   * The slope of every image at its own time.
   *
   * @param t [B]
   * @param x [B, C, H, W]
   */
  public static Batch slope(Denoiser denoiser, NoiseSchedule schedule, double[] t, Batch x) {
    double[][] factors = new double[2][t.length];
    for (int image = 0; image < t.length; image++) {
      ProbabilityFlow flow = of(schedule, t[image]);
      factors[0][image] = flow.state;
      factors[1][image] = flow.data;
    }
    return Batch.lincomb(factors, x, denoiser.at(x, t).x0());
  }
}
