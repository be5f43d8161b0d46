package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.NoiseSchedule;

/**
 * The linear multistep method of k-diffusion ({@code sample_lms} of its {@code sampling.py}): Adams
 * and Bashforth's, for steps of any lengths, on the flow in {@code (x/alpha, sigma/alpha)}. The
 * slope of the flow, which is the predicted noise, is replaced by the polynomial in sigma/alpha
 * through its last values, which is integrated exactly.
 *
 * <p>The same is known as ρAB-DEIS, and as iPNDM_v, iPNDM for steps of any lengths, whose published
 * coefficients of orders 3 and 4 are right for equal steps only.
 *
 * <p>Of orders above 2 no more than 2 is left in the limit, because the first step knows one value
 * only; its error is small where the first steps are the noisy ones.
 *
 * @param order 1 or more: values that a step uses
 * @param endsAtData whether a last step to no noise returns the predicted data; if not, it is one
 *     more step of full order, as in k-diffusion
 */
public record Lms(int order, boolean endsAtData) implements Sampler {

  public Lms {
    if (order < 1) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1 or more");
    }
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    NoiseSchedule schedule = walk.schedule();
    History history = new History(order);
    // y_next = y + Σ_j d_j·∫ Π_{k≠j} (σ − σ_k)/(σ_j − σ_k) dσ
    return walk.run(
        x,
        (k, xt, t, s) -> {
          BothPredictions now = walk.both(xt, t);
          if (s == 0 && endsAtData) {
            return now.x0();
          }
          history.add(schedule.noiseLevel(t), now.eps());
          double[] nodes = history.nodes();
          double end = s == 0 ? 0 : schedule.noiseLevel(s);
          double[] weights = Lagrange.integrals(nodes, nodes[0], end, level -> 1);
          double sigma = s == 0 ? 0 : schedule.sigma(s);
          return history.beyondDdim(schedule.alpha(s), sigma, now.x0(), weights);
        });
  }
}
