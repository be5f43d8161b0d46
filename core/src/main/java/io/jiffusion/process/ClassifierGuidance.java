package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;

/**
 * Classifier guidance of any sampler: the classifier's score is added to the model's, {@code eps −
 * sigma·scale·∇ log p(y | x_t)} (Dhariwal, Nichol: Diffusion models beat GANs on image synthesis,
 * 2021, arXiv 2105.05233, Algorithm 2). The data is derived again from that noise, and not clipped
 * again: {@link Clip} belongs inside.
 *
 * @param denoiser what is guided
 * @param schedule its forward process
 * @param gradient of the classifier
 * @param scale 1 is Bayes' rule, more is more typical of the class
 */
public record ClassifierGuidance(
    Denoiser denoiser, NoiseSchedule schedule, Gradient gradient, double scale)
    implements PerImage {

  public ClassifierGuidance {
    checkScale(scale);
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    // ε̂ = ε − s·√(1 − ᾱ_t)·∇log p(y | x_t), so x̂0 = (x_t − sigma·ε̂)/alpha moves by
    // s·sigma²/alpha·∇
    double[] factors = new double[t.length];
    for (int image = 0; image < t.length; image++) {
      double sigma = schedule.sigma(t[image]);
      factors[image] = scale * sigma * sigma / signal(t[image]);
    }
    Prediction prediction = denoiser.at(xt, t);
    return prediction.moved(gradient.at(xt, t).times(factors));
  }

  private double signal(double t) {
    double alpha = schedule.alpha(t);
    if (schedule.hasSignal(t)) {
      return alpha;
    }
    throw new IllegalArgumentException(
        "illegal time: "
            + t
            + " for classifier guidance, where alpha is "
            + (alpha == 0 ? "0" : alpha)
            + ", must have a signal (none is left there); start at an earlier time");
  }

  static void checkScale(double scale) {
    if (!(scale >= 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException(
          "illegal classifier scale: " + scale + ", must be 0 or more; 0 is no guidance");
    }
  }
}
