package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Groups;

/**
 * Langevin dynamics with a step size set by a signal-to-noise ratio, the norm of the noise over
 * that of the score (Song et al.: Score-based generative modeling through stochastic differential
 * equations, 2021, arXiv 2011.13456, appendix G, Algorithms 4 and 5).
 *
 * @param snr the ratio, above 0; 0.16 in the paper for most models
 * @param group how many images' norms are averaged for one step size: 1 leaves each image its own;
 *     the original averages over its whole batch
 */
public record Langevin(double snr, int group) implements Corrector {

  public Langevin {
    checkSnr(snr);
    Groups.check(group);
  }

  /** A step size of each image's own. */
  public Langevin(double snr) {
    this(snr, 1);
  }

  @Override
  public Batch correct(Walk walk, int draw, Batch xt, double t, double s) {
    Batch score = Corrector.score(walk, xt, t);
    Batch z = walk.noise().batch(draw, xt);
    double[] ofScore = Groups.means(score.norm(), group);
    double[] ofNoise = Groups.means(z.norm(), group);
    // ε = 2·α_i·(r·‖z‖/‖g‖)², x ← x + ε·g + √(2ε)·z; g is the score, r the snr
    double[][] factors = new double[3][xt.images()];
    for (int image = 0; image < xt.images(); image++) {
      double ratio = snr * ofNoise[image] / ofScore[image];
      double step = 2 * ratio * ratio * Corrector.kept(walk, t, s);
      factors[0][image] = 1;
      factors[1][image] = step;
      factors[2][image] = Math.sqrt(2 * step);
    }
    return Batch.lincomb(factors, xt, score, z);
  }

  static void checkSnr(double snr) {
    if (!(snr > 0 && Double.isFinite(snr))) {
      throw new IllegalArgumentException(
          "illegal snr: " + snr + ", must be above 0; the paper's choice is 0.16");
    }
  }
}
