package io.jiffusion.process;

/**
 * Classifier guidance of ancestral sampling: the mean of each step is shifted by {@code
 * variance·scale·∇ log p(y | x_t)} (Dhariwal, Nichol: Diffusion models beat GANs on image
 * synthesis, 2021, arXiv 2105.05233, Algorithm 1).
 *
 * <p>The predicted data stay as they are, so only {@link io.jiffusion.sampler.Ancestral} is guided;
 * for other samplers there is {@link ClassifierGuidance}.
 *
 * @param denoiser what is guided
 * @param gradient of the classifier
 * @param scale 1 is Bayes' rule, more is more typical of the class
 */
public record MeanShift(Denoiser denoiser, Gradient gradient, double scale) implements PerImage {

  public MeanShift {
    ClassifierGuidance.checkScale(scale);
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    // x_{t−1} ~ N(μ + s·Σ·∇log p(y | x_t), Σ); the sampler knows Σ
    return denoiser.at(xt, t).shifted(gradient.at(xt, t).times(scale));
  }
}
