package io.jiffusion.measure;

/**
 * How sure a classifier is of each image, and how many classes it sees in all (Salimans,
 * Goodfellow, Zaremba, Cheung, Radford, Chen: Improved techniques for training GANs, 2016): {@code
 * exp(mean over images of KL(p(y|x) ‖ p(y)))}, from 1 to the number of classes. As the field quotes
 * it, the images are taken in ten parts one behind the other, and mean and standard deviation of
 * their scores are told.
 */
public final class InceptionScore {
  private static final int SPLITS = 10;

  private InceptionScore() {}

  /**
   * The score.
   *
   * @param logits of each image
   */
  public static Estimate of(Rows logits) {
    return of(logits, Math.min(SPLITS, logits.images()));
  }

  static Estimate of(Rows logits, int splits) {
    Rows.check(logits, logits, 2);
    int n = logits.images();
    double[] scores = new double[splits];
    for (int split = 0; split < splits; split++) {
      int from = (int) ((long) split * n / splits);
      int end = (int) ((long) (split + 1) * n / splits);
      scores[split] = score(logits, from, end - from);
    }
    return new Estimate(
        Errors.mean(scores),
        Math.sqrt(Errors.squares(scores) / splits),
        "standard deviation over " + splits + " parts");
  }

  /** With H the entropy: {@code exp(H(mean of p) − mean of H(p))}. */
  private static double score(Rows logits, int from, int count) {
    int classes = logits.dimension();
    double[] sums = new double[classes];
    double[] row = new double[classes];
    double divergence = 0;
    for (int i = 0; i < count; i++) {
      logits.copy(from + i, 1, row);
      double most = Double.NEGATIVE_INFINITY;
      for (double logit : row) {
        most = Math.max(most, logit);
      }
      double total = 0;
      for (double logit : row) {
        total += Math.exp(logit - most);
      }
      for (int c = 0; c < classes; c++) {
        double log = row[c] - most - Math.log(total);
        sums[c] += Math.exp(log);
        divergence += Math.exp(log) * log / count;
      }
    }
    for (double sum : sums) {
      double p = sum / count;
      divergence -= p > 0 ? p * Math.log(p) : 0;
    }
    return Math.exp(divergence);
  }
}
