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
 * Denoising Diffusion Probabilistic Models, arXiv 2006.11239, eq. 14 and Algorithm 1).
 *
 * <p>Written in the network's own terms: input {@code in·x_t}, target {@code (x0 − skip·x_t)/out},
 * which is eps for a network that predicts eps, v for one that predicts v. An optional weight for
 * each time index multiplies an example's error.
 */
public final class Simple implements Objective {
  private final Dataset data;
  private final NoiseSchedule process;
  private final TimeLabel label;
  private final Predicts predicts;
  private final TimeSampler times;
  private final double[] gamma;
  private final Shuffle order;
  private final long seed;
  private final int batch;
  private final boolean flip;
  private final boolean classes;
  private final int nullClass;
  private final double labelDrop;

  /**
   * Makes the objective.
   *
   * @param gamma weight of the error at each index of a table, [T]; empty for 1 everywhere
   * @param classes whether the network is told classes
   * @param nullClass the class that stands for "no class"; read only where labels are dropped
   * @param labelDrop share of the examples whose class is replaced by the null class
   */
  public Simple(
      Dataset data,
      NoiseSchedule process,
      TimeLabel label,
      Predicts predicts,
      TimeSampler times,
      double[] gamma,
      long seed,
      int batch,
      boolean flip,
      boolean classes,
      int nullClass,
      double labelDrop) {
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
    this.label = label;
    this.predicts = predicts;
    this.times = times;
    this.gamma = gamma.clone();
    this.order = new Shuffle(seed, data.size());
    this.seed = seed;
    this.batch = batch;
    this.flip = flip;
    this.classes = classes;
    this.nullClass = nullClass;
    this.labelDrop = labelDrop;
  }

  @Override
  public Examples examples(long step) {
    int size = data.exampleSize();
    float[] inputs = new float[batch * size];
    float[] targets = new float[batch * size];
    float[] labels = new float[batch];
    float[] weights = new float[batch];
    int[] told = classes ? new int[batch] : null;
    double[] drawn = times.times(seed, step, batch, process);
    Key flips = new Key(seed, step, Purpose.AUGMENT);
    Key drops = new Key(seed, step, Purpose.LABEL_DROP);
    float[] x0 = new float[size];
    double[] eps = new double[size];

    for (int b = 0; b < batch; b++) {
      long position = Math.addExact(Math.multiplyExact(step, (long) batch), b);
      int chosen = order.at(position);
      data.example(chosen, x0, 0);
      if (flip && flips.uniform(b) < 0.5) {
        mirror(x0, data.width());
      }
      new Key(seed, position, Purpose.NOISE).normals(eps, 0, size);
      double t = drawn[b];
      double alpha = process.alpha(t);
      double sigma = process.sigma(t);
      Scalings scalings = predicts.scalings(process, t, label.at(t));
      for (int i = 0, at = b * size; i < size; i++, at++) {
        double xt = alpha * x0[i] + sigma * eps[i];
        inputs[at] = (float) (scalings.in() * xt);
        targets[at] = (float) ((x0[i] - scalings.skip() * xt) / scalings.out());
      }
      labels[b] = (float) scalings.label();
      weights[b] = gamma.length == 0 ? 1 : (float) gamma[(int) Math.rint(t * gamma.length) - 1];
      if (classes) {
        told[b] = drops.uniform(b) < labelDrop ? nullClass : data.label(chosen);
      }
    }
    return new Examples(inputs, labels, told, targets, weights);
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
}
