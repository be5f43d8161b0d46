package io.jiffusion.pipeline;

import io.jiffusion.network.Execution;
import io.jiffusion.network.Shape;
import io.jiffusion.schedule.DiscreteBetas;

/**
 * The exact answer for data whose values are independent N(mean, std²), the mean being a tenth of
 * the class.
 */
final class GaussianExecution implements Execution {
  static final double STD = 0.5;

  private final DiscreteBetas betas;
  private final Shape input;
  private final int block;
  volatile boolean closed;
  volatile Thread thread;
  volatile long calls;

  GaussianExecution(RunConfig config, int block) {
    this.betas = (DiscreteBetas) config.process().noiseSchedule();
    this.input = config.network().network().input();
    this.block = block;
  }

  @Override
  public float[] evaluate(float[] x, int images, float[] labels, int[] classes) {
    if (closed) {
      throw new AssertionError("used after it was closed");
    }
    thread = Thread.currentThread();
    calls++;
    float[] eps = new float[x.length];
    int size = x.length / images;
    for (int i = 0; i < x.length; i++) {
      double t = betas.time((int) labels[i / size]);
      double alpha = betas.alpha(t);
      double sigma = betas.sigma(t);
      double mean = classes == null ? 0 : 0.1 * classes[i / size];
      eps[i] =
          (float) (sigma * (x[i] - alpha * mean) / (alpha * alpha * STD * STD + sigma * sigma));
    }
    return eps;
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
