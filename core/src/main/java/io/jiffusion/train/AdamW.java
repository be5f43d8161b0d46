package io.jiffusion.train;

import io.jiffusion.tensor.TensorList;

/**
 * Settings of AdamW (Loshchilov, Hutter: Decoupled weight decay regularization, 2019, arXiv
 * 1711.05101): {@code m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g², w ← w − lr·(m̂/(√v̂ + ε) +
 * λ·w)}, with m and v freed of their start at 0 as m̂ and v̂.
 *
 * @param lr learning rate, above 0
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param weightDecay share of a weight that is lost a step, times the learning rate
 * @param clipNorm largest norm of the whole gradient; 0 for no limit
 * @param warmup steps over which the learning rate grows linearly from 0
 */
public record AdamW(
    double lr, double beta1, double beta2, double weightDecay, double clipNorm, int warmup) {
  static final double EPS = 1e-8;

  /** Learning rate of step 0, 1, … */
  double lr(long step) {
    return step < warmup ? lr * (step + 1) / warmup : lr;
  }

  /**
   * The numbers of a step.
   *
   * @param norm of the whole gradient
   */
  TensorList.AdamWStep step(long step, double norm) {
    return new TensorList.AdamWStep(lr(step), beta1, beta2, weightDecay, EPS, scale(norm));
  }

  /** What the gradient is divided by so that its norm is at most {@code clipNorm}. */
  double scale(double norm) {
    return clipNorm > 0 && norm > clipNorm ? norm / clipNorm : 1;
  }
}
