package io.jiffusion.schedule;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;

/**
 * DDPM's forward process in T steps: x_i given x_{i−1} has variance beta_i, and ᾱ_i is the product
 * of all 1 − beta up to i (Ho, Jain, Abbeel: Denoising diffusion probabilistic models, 2020, arXiv
 * 2006.11239, eq. 4).
 *
 * <p>Indices run from 0, the least noisy step and the network's label 0, to T − 1. As a schedule in
 * continuous time, index i is at {@code t = (i+1)/T}, where {@code alpha²} is ᾱ_i; t = 0 means no
 * noise. Between these nodes log alpha is interpolated linearly, as DPM-Solver does (Lu et al.
 * 2022); if the last ᾱ is 0, alpha itself is interpolated in the last interval.
 */
public final class DiscreteBetas implements NoiseSchedule {
  /** Times nearer to a node than this, in units of steps, are the node. */
  static final double SNAP = 1e-9;

  private static final int MOST_STEPS = 10_000;

  private final double[] betas; // [T]
  private final double[] alphaBar; // [T]

  /** Sums of log1p(-beta), [T], so that 1 - ᾱ is known without cancellation. */
  private final double[] logAlphaBar;

  /** The rule between indices; null: log alpha is a straight line. */
  private final Between between;

  private DiscreteBetas(DiscreteBetas table, Between between) {
    this.betas = table.betas;
    this.alphaBar = table.alphaBar;
    this.logAlphaBar = table.logAlphaBar;
    this.between = between;
  }

  private DiscreteBetas(double[] betas) {
    checkSteps(betas.length);
    this.betas = betas;
    this.between = null;
    this.alphaBar = new double[betas.length];
    this.logAlphaBar = new double[betas.length];
    double product = 1;
    double sum = 0;
    for (int i = 0; i < betas.length; i++) {
      boolean last = i == betas.length - 1;
      if (!(betas[i] > 0 && (betas[i] < 1 || last && betas[i] == 1))) {
        throw new IllegalArgumentException(
            "illegal beta "
                + i
                + " of "
                + betas.length
                + ": "
                + betas[i]
                + ", must be above 0 and below 1 (the last may be 1)");
      }
      product *= 1 - betas[i];
      sum += Math.log1p(-betas[i]);
      alphaBar[i] = product;
      logAlphaBar[i] = sum;
    }
  }

  /**
   * Any given betas.
   *
   * @param betas each above 0 and below 1; the last may be 1
   */
  public static DiscreteBetas of(double... betas) {
    return new DiscreteBetas(betas.clone());
  }

  /**
   * Evenly spaced betas, the same ends for every T: DDPM, DDIM and diffusers, whose T is 1000 with
   * 1e-4 and 0.02.
   */
  public static DiscreteBetas linear(int steps, double start, double end) {
    return make(steps, i -> linspace(start, end, steps, i));
  }

  /**
   * Evenly spaced betas from 1e-4 to 0.02, both multiplied by 1000/T, so that the noise at the end
   * is about the same for every T: Improved DDPM's code. Equal to {@link #linear} at T = 1000.
   *
   * @throws IllegalArgumentException if T is from 2 to 19, where betas would be above 1
   */
  public static DiscreteBetas rescaledLinear(int steps) {
    if (steps > 1 && steps < 20) {
      throw new IllegalArgumentException(
          "illegal steps: "
              + steps
              + " for the rescaled linear schedule, must be 20 or more;"
              + " use the cosine or the plain linear schedule for fewer");
    }
    double scale = 1000.0 / steps;
    return linear(steps, scale * 1e-4, scale * 0.02);
  }

  /**
   * The table of a given ᾱ(t), {@code beta_i = min(1 − ᾱ((i+1)/T) / ᾱ(i/T), 0.999)}: Improved
   * DDPM's {@code betas_for_alpha_bar}.
   *
   * @param alphaBar the squared signal scale, falling, above 0 before t = 1
   */
  public static DiscreteBetas ofAlphaBar(int steps, DoubleUnaryOperator alphaBar) {
    return make(
        steps,
        i ->
            Math.min(
                1
                    - alphaBar.applyAsDouble((i + 1.0) / steps)
                        / alphaBar.applyAsDouble((double) i / steps),
                0.999));
  }

  /**
   * The cosine schedule (Nichol, Dhariwal: Improved denoising diffusion probabilistic models, 2021,
   * arXiv 2102.09672): ᾱ follows a squared cosine with offset 0.008.
   */
  public static DiscreteBetas cosine(int steps) {
    return ofAlphaBar(steps, t -> square(Math.cos((t + 0.008) / 1.008 * Math.PI / 2)));
  }

  /**
   * Squares of evenly spaced numbers: DDIM's {@code quad}, diffusers' {@code scaled_linear} (with
   * 0.00085 and 0.012, the schedule of Stable Diffusion), latent diffusion's {@code linear}.
   */
  public static DiscreteBetas quadratic(int steps, double start, double end) {
    return make(steps, i -> square(linspace(Math.sqrt(start), Math.sqrt(end), steps, i)));
  }

  /**
   * A logistic curve from start to end, its argument evenly spaced from −6 to 6: DDIM's and
   * diffusers' {@code sigmoid}.
   */
  public static DiscreteBetas sigmoid(int steps, double start, double end) {
    return make(steps, i -> start + (end - start) / (1 + Math.exp(-linspace(-6, 6, steps, i))));
  }

  /** The same beta in every step. */
  public static DiscreteBetas constant(int steps, double beta) {
    return make(steps, i -> beta);
  }

  /** Betas 1/T, 1/(T−1), …, 1/2, 1: ᾱ falls linearly to 0. */
  public static DiscreteBetas jsd(int steps) {
    return make(steps, i -> 1.0 / (steps - i));
  }

  /**
   * This table as PyTorch has it in 32 bits: betas and products rounded to floats (diffusers; the
   * difference is below 1e-6 but for cosine, and is seen where whole runs are compared).
   */
  public DiscreteBetas singlePrecision() {
    double[] single = new double[betas.length];
    double product = 1;
    double before = 1;
    for (int i = 0; i < betas.length; i++) {
      product *= 1f - (float) betas[i];
      double rounded = (float) product;
      single[i] = 1 - rounded / before;
      before = rounded;
    }
    return new DiscreteBetas(single);
  }

  /** T, the number of steps. */
  public int steps() {
    return betas.length;
  }

  /** Variance of one forward step, index from 0 to T − 1. */
  public double beta(int index) {
    return betas[index];
  }

  /** Squared signal scale after step {@code index}, from 0 to T − 1. */
  public double alphaBar(int index) {
    return alphaBar[index];
  }

  /** The time of an index, {@code (index+1)/T}. */
  public double time(int index) {
    return (index + 1.0) / betas.length;
  }

  /**
   * The same process with all noise and no signal at its end: the square roots of ᾱ are moved and
   * stretched so that the first stays and the last is 0 (Lin et al.: Common diffusion noise
   * schedules and sample steps are flawed, 2024, algorithm 1).
   *
   * @throws IllegalArgumentException if there is only one step
   */
  public DiscreteBetas zeroTerminalSnr() {
    int last = betas.length - 1;
    if (last == 0) {
      throw new IllegalArgumentException(
          "illegal steps: 1 for a schedule with zero terminal SNR, must be 2 or more");
    }
    double end = Math.sqrt(alphaBar[last]);
    double[] rescaled = betas.clone();
    for (int i = 1; i < last; i++) {
      double before = Math.sqrt(alphaBar[i - 1]);
      // the share of sqrt ᾱ that is lost in this step, without the cancellation of 1 − ratio
      double lost = before * betas[i] / (1 + Math.sqrt(1 - betas[i])) / (before - end);
      rescaled[i] = lost * (2 - lost);
    }
    rescaled[last] = 1;
    return new DiscreteBetas(rescaled);
  }

  /**
   * The same table with another end: ᾱ of its last index is this. Where it is above that of the
   * index before, the last index alone is less noisy, as in diffusers.
   *
   * @param last above 0 and below 1
   */
  public DiscreteBetas endingAt(double last) {
    if (!(last > 0 && last < 1)) {
      throw new IllegalArgumentException(
          "illegal end of a table: " + last + ", must be above 0 and below 1");
    }
    DiscreteBetas table = new DiscreteBetas(betas.clone());
    int end = betas.length - 1;
    double before = end == 0 ? 0 : logAlphaBar[end - 1];
    table.alphaBar[end] = last;
    table.logAlphaBar[end] = Math.log(last);
    table.betas[end] = -Math.expm1(table.logAlphaBar[end] - before);
    return table;
  }

  /** The same table with another rule between its indices. */
  public DiscreteBetas between(Between rule) {
    return new DiscreteBetas(this, rule);
  }

  @Override
  public double alpha(double t) {
    double position = position(t);
    int node = (int) position;
    if (position == node) {
      return node == 0 ? 1 : Math.sqrt(alphaBar[node - 1]); // the table itself, bit for bit
    }
    return inLastInterval(position) ? lastAlpha(position) : Math.exp(0.5 * logAlphaBar(position));
  }

  @Override
  public double sigma(double t) {
    double position = position(t);
    if (inLastInterval(position)) {
      double alpha = lastAlpha(position);
      return Math.sqrt((1 - alpha) * (1 + alpha));
    }
    return Math.sqrt(-Math.expm1(logAlphaBar(position)));
  }

  @Override
  public double lambda(double t) {
    double position = position(t);
    if (inLastInterval(position)) {
      return NoiseSchedule.super.lambda(t);
    }
    double log = logAlphaBar(position);
    return 0.5 * (log - Math.log(-Math.expm1(log)));
  }

  @Override
  public double timeOf(double lambda) {
    double log = -Inverse.softplus(-2 * Inverse.checked(this, lambda)); // log ᾱ
    int low = 0; // nodes such that log ᾱ is at least this at the lower, and not at the higher
    int high = betas.length;
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (logAlphaBar(middle) >= log) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double position =
        inLastInterval(high)
            ? high - Math.exp(0.5 * log) / lastStart()
            : ruled(low)
                ? low + between.fraction(lambdas(low)[0], lambdas(low)[1], lambda)
                : low + (log - logAlphaBar(low)) / (logAlphaBar[low] - logAlphaBar(low));
    return Math.min(high, position) / betas.length;
  }

  @Override
  public double f(double t) {
    double position = position(t);
    if (inLastInterval(position)) {
      return -1 / (1 - t);
    }
    int interval = Math.max(0, (int) Math.ceil(position) - 1); // at a node, the one that ends there
    if (ruled(interval)) { // d log alpha = sigma² dλ
      double[] ends = lambdas(interval);
      double sigma = sigma(t);
      return sigma * sigma * between.slope(ends[0], ends[1], position - interval) * betas.length;
    }
    double before = interval == 0 ? 0 : logAlphaBar[interval - 1];
    return 0.5 * (logAlphaBar[interval] - before) * betas.length;
  }

  @Override
  public double g2(double t) {
    return -2 * f(t);
  }

  /** All of the training: from the time of index 0 to 1. */
  @Override
  public TimeRange range() {
    return new TimeRange(time(0), 1);
  }

  @Override
  public double trainingTime(double u) {
    return time((int) (u * betas.length));
  }

  /** {@code t·T}, whole at the nodes: 0 for the data, i + 1 for index i. */
  private double position(double t) {
    double exact = t * betas.length;
    double node = Math.rint(exact);
    double position = Math.abs(exact - node) <= SNAP ? node : exact;
    if (!(position >= 0 && position <= betas.length)) {
      throw new IllegalArgumentException("illegal time: " + t + ", must be from 0 to 1");
    }
    return position;
  }

  private double logAlphaBar(double position) {
    int below = (int) position;
    double low = below == 0 ? 0 : logAlphaBar[below - 1];
    double fraction = position - below;
    if (fraction == 0) {
      return low;
    }
    if (ruled(below)) {
      double[] ends = lambdas(below);
      return -Inverse.softplus(-2 * between.lambda(ends[0], ends[1], fraction));
    }
    return low + fraction * (logAlphaBar[below] - low);
  }

  /** Whether a rule of its own holds after this node: not from the data on, nor to no signal. */
  private boolean ruled(int node) {
    return between != null && node > 0 && alphaBar[node] > 0;
  }

  /** Half log-SNR of a node and of the next one. */
  private double[] lambdas(int node) {
    return new double[] {lambda(time(node - 1)), lambda(time(node))};
  }

  /**
   * Whether alpha is interpolated, not its logarithm, because the logarithm ends at minus infinity.
   */
  private boolean inLastInterval(double position) {
    return alphaBar[alphaBar.length - 1] == 0 && position > betas.length - 1;
  }

  private double lastAlpha(double position) {
    return lastStart() * (betas.length - position);
  }

  private double lastStart() {
    return betas.length == 1 ? 1 : Math.sqrt(alphaBar[alphaBar.length - 2]);
  }

  private static DiscreteBetas make(int steps, IntToDoubleFunction beta) {
    checkSteps(steps);
    double[] betas = new double[steps];
    Arrays.setAll(betas, beta);
    return new DiscreteBetas(betas);
  }

  private static void checkSteps(int steps) {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new IllegalArgumentException(
          "illegal steps: " + steps + ", must be from 1 to " + MOST_STEPS);
    }
  }

  private static double square(double x) {
    return x * x;
  }

  /** Number i of {@code count} evenly spaced numbers; the ends are exact. */
  private static double linspace(double start, double end, int count, int i) {
    return i > 0 && i == count - 1 ? end : start + i * ((end - start) / Math.max(1, count - 1));
  }
}
