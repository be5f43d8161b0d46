package io.jiffusion.measure;

import io.jiffusion.Fixtures.Array;

/** Recorded vectors in float64. */
record Doubles(Array array) implements Rows {
  @Override
  public int images() {
    return array.shape()[0];
  }

  @Override
  public int dimension() {
    return array.shape()[1];
  }

  @Override
  public void copy(int from, int count, double[] out) {
    System.arraycopy(array.values(), from * dimension(), out, 0, count * dimension());
  }
}
