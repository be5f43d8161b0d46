package io.jiffusion.pipeline;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Shape;
import java.util.function.BooleanSupplier;

/** The network of a model that others may ask, but not close. */
record OpenNetwork(Execution network, BooleanSupplier closed) implements Execution {

  @Override
  public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
    mustBeOpen();
    return network.evaluate(x, images, labels, conditions);
  }

  @Override
  public float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    mustBeOpen();
    return network.pullback(x, images, labels, conditions, cotangent);
  }

  private void mustBeOpen() {
    if (closed.getAsBoolean()) {
      throw new IllegalStateException("this model is closed");
    }
  }

  @Override
  public String precision() {
    return network.precision();
  }

  @Override
  public int block() {
    return network.block();
  }

  @Override
  public Shape input() {
    return network.input();
  }

  @Override
  public int outputChannels() {
    return network.outputChannels();
  }

  @Override
  public void close() {}
}
