package io.jiffusion.process;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.Scalings;
import io.jiffusion.schedule.TimeLabel;

/**
 * A network as a denoiser: {@code x̂0 = skip·x_t + out·F(in·x_t, label)}, the preconditioning of
 * Karras, Aittala, Aila, Laine: Elucidating the design space of diffusion-based generative models,
 * 2022, arXiv 2206.00364, eq. 7. The state is float64, the network float32.
 *
 * <p>Counts what it does, so an instance belongs to one walk and one thread.
 */
public final class NetworkDenoiser implements ConditionalDenoiser {
  private final Execution execution;
  private final NoiseSchedule schedule;
  private final Predicts predicts;
  private final TimeLabel label;
  private long evaluations;
  private long passes;

  /**
   * Puts the four together.
   *
   * @param execution the network; its output has the channels of its input, or twice as many if it
   *     learns the variance
   * @param schedule the forward process of the training
   * @param predicts what the network says
   * @param label how it is told the time
   */
  public NetworkDenoiser(
      Execution execution, NoiseSchedule schedule, Predicts predicts, TimeLabel label) {
    long channels = execution.input().size(0);
    if (execution.outputChannels() != channels && execution.outputChannels() != 2 * channels) {
      throw new IllegalArgumentException(
          "illegal network: "
              + execution.outputChannels()
              + " output channels, must be "
              + channels
              + " as in the input, or "
              + 2 * channels
              + " with a learned variance");
    }
    this.execution = execution;
    this.schedule = schedule;
    this.predicts = predicts;
    this.label = label;
  }

  @Override
  public Prediction at(Batch xt, double[] t, int[] classes) {
    check(xt, t, classes);
    int size = xt.imageSize();
    double[] state = xt.data();
    Scalings[] scalings = scalings(t);
    float[] output =
        execution.evaluate(
            input(xt, scalings), xt.images(), labels(scalings), Conditions.classes(classes));
    evaluations++;
    passes += xt.images();

    boolean learnsVariance = learnsVariance();
    int stride = stride(size);
    double[] x0 = new double[state.length];
    double[] variance = learnsVariance ? new double[state.length] : null;
    for (int image = 0; image < xt.images(); image++) {
      double skip = scalings[image].skip();
      double out = scalings[image].out();
      for (int i = 0; i < size; i++) {
        int at = image * size + i;
        x0[at] = skip * state[at] + out * output[image * stride + i]; // eq. 7
        if (learnsVariance) {
          variance[at] = output[image * stride + size + i];
        }
      }
    }
    return new Prediction(xt.with(x0), learnsVariance ? xt.with(variance) : null);
  }

  /** {@code skip·v + in·Fᵀ(out·v)}, with F's derivative. */
  @Override
  public Batch pullback(Batch xt, double[] t, int[] classes, Batch cotangent) {
    check(xt, t, classes);
    int size = xt.imageSize();
    int stride = stride(size);
    Scalings[] scalings = scalings(t);
    float[] toOutput = new float[xt.images() * stride]; // 0 for the variance
    for (int image = 0; image < xt.images(); image++) {
      for (int i = 0; i < size; i++) {
        toOutput[image * stride + i] =
            (float) (scalings[image].out() * cotangent.data()[image * size + i]);
      }
    }
    float[] toInput =
        execution.pullback(
            input(xt, scalings),
            xt.images(),
            labels(scalings),
            Conditions.classes(classes),
            toOutput);
    double[] gradient = new double[toInput.length];
    for (int i = 0; i < gradient.length; i++) {
      Scalings own = scalings[i / size];
      gradient[i] = own.skip() * cotangent.data()[i] + own.in() * toInput[i];
    }
    return xt.with(gradient);
  }

  private Scalings[] scalings(double[] t) {
    Scalings[] scalings = new Scalings[t.length];
    for (int image = 0; image < t.length; image++) {
      scalings[image] =
          image > 0 && t[image] == t[image - 1]
              ? scalings[image - 1]
              : predicts.scalings(schedule, t[image], label.at(t[image]));
    }
    return scalings;
  }

  private static float[] input(Batch xt, Scalings[] scalings) {
    float[] input = new float[xt.data().length];
    for (int i = 0; i < input.length; i++) {
      input[i] = (float) (scalings[i / xt.imageSize()].in() * xt.data()[i]);
    }
    return input;
  }

  private static float[] labels(Scalings[] scalings) {
    float[] labels = new float[scalings.length];
    for (int image = 0; image < labels.length; image++) {
      labels[image] = (float) scalings[image].label();
    }
    return labels;
  }

  private boolean learnsVariance() {
    return execution.outputChannels() != execution.input().size(0);
  }

  /** Values of an image in the output, [2C, H, W]: first what is predicted, then the variance. */
  private int stride(int size) {
    return learnsVariance() ? 2 * size : size;
  }

  /** How often the denoiser was evaluated so far. */
  public long evaluations() {
    return evaluations;
  }

  /** How many images went through the network so far: guidance counts twice. */
  public long passes() {
    return passes;
  }

  private void check(Batch xt, double[] t, int[] classes) {
    if (execution.input().size(0) != xt.channels()
        || execution.input().size(1) != xt.height()
        || execution.input().size(2) != xt.width()) {
      throw new IllegalArgumentException(
          "illegal state: images of "
              + xt.channels()
              + "x"
              + xt.height()
              + "x"
              + xt.width()
              + ", must be "
              + execution.input()
              + " for this network");
    }
    if (t.length != xt.images()) {
      throw new IllegalArgumentException(
          "illegal times: " + t.length + ", must be " + xt.images() + ", one for each image");
    }
    if (classes != null && classes.length != xt.images()) {
      throw new IllegalArgumentException(
          "illegal classes: "
              + classes.length
              + ", must be "
              + xt.images()
              + ", one for each image");
    }
  }
}
