package io.jiffusion.schedule;

/**
 * What the forward process says of an earlier state: {@code q(x_s | x_t, x0)}, s before t, is a
 * Gaussian with mean {@code x0·x0 + xt·x_t} (Ho, Jain, Abbeel: Denoising diffusion probabilistic
 * models, 2020, arXiv 2006.11239, eq. 6 and 7, for any alpha and sigma).
 *
 * @param x0 factor of the data in the mean
 * @param xt factor of the later state in the mean
 * @param variance of the earlier state; DDPM's β̃
 * @param forward variance that the forward process adds from s to t; DDPM's β
 */
public record Posterior(double x0, double xt, double variance, double forward) {

  /**
   * The Gaussian of x_s.
   *
   * @param t the later time
   * @param s the earlier time; 0 means no noise, where the data itself is the limit
   */
  public static Posterior of(NoiseSchedule schedule, double t, double s) {
    double sigmaT = schedule.sigma(t);
    if (s == 0) {
      return new Posterior(1, 0, 0, sigmaT * sigmaT);
    }
    double sigmaS = schedule.sigma(s);
    double alphaS = schedule.alpha(s);
    double ratio = sigmaS / sigmaT;
    // 1 − SNR_t/SNR_s: the part of sigma_t² that came in after s, without the cancellation of
    // sigma_t² − (…)·sigma_s²
    double share = -Math.expm1(2 * (schedule.lambda(t) - schedule.lambda(s)));
    // √ᾱ_s·β/(1 − ᾱ_t), √α·(1 − ᾱ_s)/(1 − ᾱ_t), β̃ = (1 − ᾱ_s)/(1 − ᾱ_t)·β and β; eq. 7
    return new Posterior(
        alphaS * share,
        schedule.alpha(t) / alphaS * ratio * ratio,
        sigmaS * sigmaS * share,
        sigmaT * sigmaT * share);
  }
}
