package io.jiffusion.train;

import io.jiffusion.data.Dataset;
import io.jiffusion.network.ClassifierConfig;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.tensor.Tensor;
import java.util.Arrays;

/**
 * The cross entropy of a {@link io.jiffusion.network.Classifier}'s logits and the true classes,
 * over images that are moved by up to two pixels.
 *
 * <p>The classes are the targets, [B]. For a classifier that guides, the images are then noised to
 * random times, each index as likely as the others (Dhariwal, Nichol: Diffusion models beat GANs on
 * image synthesis, 2021, arXiv 2105.05233, section 4); otherwise they have no noise, and label 0.
 */
public final class CrossEntropy implements Objective {
  private static final int SHIFT = 2;
  private static final float BLACK = -1;

  private final Dataset data;
  private final ClassifierConfig config;
  private final Shuffle order;
  private final long seed;
  private final int batch;
  private final Noising noising;

  /**
   * How images are noised.
   *
   * @param process the forward process
   * @param label how the classifier is told the time
   */
  public record Noising(NoiseSchedule process, TimeLabel label) {}

  /** The objective of clean images. */
  public CrossEntropy(Dataset data, ClassifierConfig config, long seed, int batch) {
    this(data, config, seed, batch, null);
  }

  /**
   * Makes the objective.
   *
   * @param noising null for clean images
   * @throws IllegalArgumentException if the data are not what the classifier takes
   */
  public CrossEntropy(
      Dataset data, ClassifierConfig config, long seed, int batch, Noising noising) {
    if (data.channels() != config.inputChannels()
        || data.height() != config.size()
        || data.width() != config.size()
        || data.classes() != config.classes()) {
      throw new IllegalArgumentException(
          "illegal data: images of [%d, %d, %d] in %d classes, must be [%d, %d, %d] in %d classes for this classifier"
              .formatted(
                  data.channels(),
                  data.height(),
                  data.width(),
                  data.classes(),
                  config.inputChannels(),
                  config.size(),
                  config.size(),
                  config.classes()));
    }
    this.data = data;
    this.config = config;
    this.order = new Shuffle(seed, data.size());
    this.seed = seed;
    this.batch = batch;
    this.noising = noising;
  }

  @Override
  public Examples examples(long step) {
    int size = data.exampleSize();
    float[] inputs = new float[batch * size];
    float[] targets = new float[batch];
    float[] weights = new float[batch];
    Arrays.fill(weights, 1);
    Key shifts = new Key(seed, step, Purpose.AUGMENT);
    float[] image = new float[size];
    for (int b = 0; b < batch; b++) {
      int chosen = order.at(Math.addExact(Math.multiplyExact(step, (long) batch), b));
      data.example(chosen, image, 0);
      int down = shifts.below(2 * SHIFT + 1, 2L * b) - SHIFT;
      int right = shifts.below(2 * SHIFT + 1, 2L * b + 1) - SHIFT;
      move(image, down, right, inputs, b * size);
      targets[b] = data.label(chosen);
    }
    float[] labels = noising == null ? new float[batch] : noise(inputs, step);
    return new Examples(inputs, labels, null, targets, weights);
  }

  /** Noises the images, each to a time of its own, and gives the labels of the times. */
  private float[] noise(float[] images, long step) {
    int size = images.length / batch;
    double[] times = TimeSampler.UNIFORM.times(seed, step, batch, noising.process);
    float[] labels = new float[batch];
    double[] eps = new double[size];
    for (int b = 0; b < batch; b++) {
      new Key(seed, step * batch + b, Purpose.NOISE).normals(eps, 0, size);
      double t = times[b];
      double alpha = noising.process.alpha(t);
      double sigma = noising.process.sigma(t);
      for (int i = 0; i < size; i++) {
        images[b * size + i] = (float) (alpha * images[b * size + i] + sigma * eps[i]);
      }
      labels[b] = (float) noising.label.at(t);
    }
    return labels;
  }

  /** Copies a moved image to {@code out[offset] …}; what comes in at the border is black. */
  private void move(float[] image, int down, int right, float[] out, int offset) {
    int width = data.width();
    int rows = image.length / width; // of all channels, one below the other
    Arrays.fill(out, offset, offset + image.length, BLACK);
    for (int row = 0; row < rows; row++) {
      int y = row % data.height() + down;
      if (y >= 0 && y < data.height()) {
        int count = width - Math.abs(right);
        int from = row * width + Math.max(0, -right);
        int to = (row + down) * width + Math.max(0, right);
        System.arraycopy(image, from, out, offset + to, count);
      }
    }
  }

  @Override
  public Tensor loss(Tensor output, Examples examples) {
    int images = examples.size();
    int[] classes = new int[images];
    for (int i = 0; i < images; i++) {
      classes[i] = (int) examples.targets()[i];
    }
    return output
        .narrow(1, config.features(), config.classes())
        .reshape(images, config.classes())
        .crossEntropy(Tensor.of(classes)) // a mean
        .times(images);
  }
}
