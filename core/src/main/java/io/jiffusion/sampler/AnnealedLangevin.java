package io.jiffusion.sampler;

import io.jiffusion.process.Batch;

/**
 * Annealed Langevin dynamics: Langevin dynamics whose step size follows the noise scale alone
 * (Song, Ermon: Generative modeling by estimating gradients of the data distribution, 2019, arXiv
 * 1907.05600), in the form that the program of Song et al. 2021, arXiv 2011.13456, has as a
 * corrector: {@code AnnealedLangevinDynamics} of its {@code sampling.py}.
 *
 * @param snr step size relative to the noise scale, above 0
 */
public record AnnealedLangevin(double snr) implements Corrector {

  public AnnealedLangevin {
    Langevin.checkSnr(snr);
  }

  @Override
  public Batch correct(Walk walk, int draw, Batch xt, double t, double s) {
    // ε = 2·α_i·(r·σ)², x ← x + ε·g + √(2ε)·z: the size needs no norm, as |g| is about |z|/σ
    double scale = snr * walk.schedule().sigma(t);
    double step = 2 * scale * scale * Corrector.kept(walk, t, s);
    return Batch.lincomb(
        1,
        xt,
        step,
        Corrector.score(walk, xt, t),
        Math.sqrt(2 * step),
        walk.noise().batch(draw, xt));
  }
}
