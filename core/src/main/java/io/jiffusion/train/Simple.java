package io.jiffusion.train;

import io.jiffusion.data.Dataset;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.Scalings;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.tensor.Tensor;

/**
 * L_simple: the mean squared error of what the network predicts, at random times (Ho, Jain, Abbeel:
 * Denoising diffusion probabilistic models, 2020, arXiv 2006.11239, eq. 14 and Algorithm 1).
 *
 * <p>Written in the network's own terms: input {@code in·x_t}, target {@code (x0 − skip·x_t)/out},
 * which is eps for a network that predicts eps, v for one that predicts v, and EDM's for EDM's
 * (Karras et al. 2022, arXiv 2206.00364, eq. 8, whose effective weight is 1 too). An optional
 * weight for each time index multiplies an example's error.
 */
public final class Simple implements Objective {
  /**
   * What the network is told and what it learns.
   *
   * @param process the forward process, by which the images become noisy
   * @param label how the network is told the time
   * @param predicts what it is to say
   */
  public record Target(NoiseSchedule process, TimeLabel label, Predicts predicts) {}

  /**
   * How a step's examples are drawn.
   *
   * @param seed of all draws
   * @param size examples a step
   * @param flip whether half of the images are mirrored
   */
  public record Batches(long seed, int size, boolean flip) {}

  /**
   * The classes that the network is told.
   *
   * @param told whether it is told any
   * @param nullClass the class that stands for "no class"; read only where labels are dropped
   * @param drop share of the examples whose class is replaced by the null class
   */
  public record Labels(boolean told, int nullClass, double drop) {
    /** Of a network that is told none. */
    public static final Labels NONE = new Labels(false, -1, 0);
  }

  private final Dataset data;
  private final NoiseSchedule process;
  private final TimeLabel label;
  private final Predicts predicts;
  private final TimeSampler times;
  private final double[] gamma;
  private final Shuffle order;
  private final Batches batches;
  private final Labels labels;

  /**
   * Makes the objective.
   *
   * @param gamma weight of the error at each index of a table, [T]; empty for 1 everywhere
   */
  public Simple(
      Dataset data,
      Target target,
      TimeSampler times,
      double[] gamma,
      Batches batches,
      Labels labels) {
    NoiseSchedule process = target.process;
    int steps = process instanceof DiscreteBetas table ? table.steps() : 0;
    if (gamma.length != 0 && gamma.length != steps) {
      throw new IllegalArgumentException(
          "illegal gamma: "
              + gamma.length
              + " weights, must be "
              + (steps == 0
                  ? "none for a process in continuous time"
                  : "one for each of the " + steps + " times, or none"));
    }
    this.data = data;
    this.process = process;
    this.label = target.label;
    this.predicts = target.predicts;
    this.times = times;
    this.gamma = gamma.clone();
    this.order = new Shuffle(batches.seed, data.size());
    this.batches = batches;
    this.labels = labels;
  }

  @Override
  public Examples examples(long step) {
    int size = data.exampleSize();
    int batch = batches.size;
    long seed = batches.seed;
    float[] inputs = new float[batch * size];
    float[] targets = new float[batch * size];
    float[] timeLabels = new float[batch];
    float[] weights = new float[batch];
    int[] classes = labels.told ? new int[batch] : null;
    double[] drawn = times.times(seed, step, batch, process);
    Key flips = new Key(seed, step, Purpose.AUGMENT);
    Key drops = new Key(seed, step, Purpose.LABEL_DROP);
    float[] x0 = new float[size];
    double[] eps = new double[size];

    // ‖ε − ε_θ(√ᾱ_t·x_0 + √(1 − ᾱ_t)·ε, t)‖², eq. 14
    for (int b = 0; b < batch; b++) {
      long position = Math.addExact(Math.multiplyExact(step, (long) batch), b);
      int chosen = order.at(position);
      data.example(chosen, x0, 0); // x_0 ~ q(x_0), Algorithm 1, line 2
      if (batches.flip && flips.uniform(b) < 0.5) {
        mirror(x0, data.width());
      }
      new Key(seed, position, Purpose.NOISE).normals(eps, 0, size); // line 4
      double t = drawn[b]; // line 3
      double alpha = process.alpha(t);
      double sigma = process.sigma(t);
      Scalings scalings = predicts.scalings(process, t, label.at(t));
      for (int i = 0, at = b * size; i < size; i++, at++) {
        double xt = alpha * x0[i] + sigma * eps[i];
        inputs[at] = (float) (scalings.in() * xt);
        // EDM's effective training target, eq. 8
        targets[at] = (float) ((x0[i] - scalings.skip() * xt) / scalings.out());
      }
      timeLabels[b] = (float) scalings.label();
      weights[b] = gamma.length == 0 ? 1 : (float) gamma[(int) Math.rint(t * gamma.length) - 1];
      if (labels.told) {
        // c ← ∅ with probability p_uncond: Ho and Salimans 2022, Algorithm 1, line 3
        classes[b] = drops.uniform(b) < labels.drop ? labels.nullClass : label(chosen);
      }
    }
    return new Examples(inputs, timeLabels, classes, targets, weights);
  }

  @Override
  public Tensor loss(Tensor output, Examples examples) {
    Tensor error =
        output.minus(Tensor.of(examples.targets(), output.sizes())).square().mean(1, 2, 3); // [B]
    return error.times(Tensor.of(examples.weights(), examples.size())).sum();
  }

  private static void mirror(float[] image, int width) {
    for (int row = 0; row < image.length; row += width) {
      for (int i = row, j = row + width - 1; i < j; i++, j--) {
        float left = image[i];
        image[i] = image[j];
        image[j] = left;
      }
    }
  }

  /** The class of an example, which anybody's data may tell. */
  private int label(int example) {
    int label = data.label(example);
    if (label < 0 || label >= data.classes()) {
      throw new IllegalArgumentException(
          "illegal label of example "
              + example
              + ": "
              + label
              + ", must be from 0 to "
              + (data.classes() - 1)
              + ", as the data have "
              + data.classes()
              + " classes");
    }
    return label;
  }
}
