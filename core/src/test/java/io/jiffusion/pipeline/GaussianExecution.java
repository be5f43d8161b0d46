package io.jiffusion.pipeline;

import io.jiffusion.config.RunConfig;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Shape;
import io.jiffusion.schedule.DiscreteBetas;

/**
 * The exact answer for data whose values are independent N(mean, std²), the mean being a tenth of
 * the class.
 */
public final class GaussianExecution implements Execution {
  public static final double STD = 0.5;

  private final DiscreteBetas betas;
  private final Shape input;
  private final int block;
  volatile boolean closed;
  volatile Thread thread;
  volatile long calls;

  public GaussianExecution(RunConfig config, int block) {
    this.betas = (DiscreteBetas) config.process().noiseSchedule();
    this.input = config.network().network().input();
    this.block = block;
  }

  @Override
  public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
    if (closed) {
      throw new AssertionError("used after it was closed");
    }
    thread = Thread.currentThread();
    calls++;
    float[] eps = new float[x.length];
    int size = x.length / images;
    for (int i = 0; i < x.length; i++) {
      double alpha = betas.alpha(time(labels[i / size]));
      double mean = conditions.classes() == null ? 0 : 0.1 * conditions.classes()[i / size];
      eps[i] = (float) (slope(labels[i / size]) * (x[i] - alpha * mean));
    }
    return eps;
  }

  @Override
  public float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    float[] gradient = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      gradient[i] = (float) (slope(labels[i / (x.length / images)]) * cotangent[i]);
    }
    return gradient;
  }

  private double time(float label) {
    return (label + 1.0) / betas.steps();
  }

  /** Of the noise with respect to the state. */
  private double slope(float label) {
    double alpha = betas.alpha(time(label));
    double sigma = betas.sigma(time(label));
    return sigma / (alpha * alpha * STD * STD + sigma * sigma);
  }

  @Override
  public int block() {
    return block;
  }

  @Override
  public Shape input() {
    return input;
  }

  @Override
  public int outputChannels() {
    return (int) input.size(0);
  }

  @Override
  public void close() {
    closed = true;
  }
}
