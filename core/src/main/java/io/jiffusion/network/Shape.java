package io.jiffusion.network;

import java.util.Arrays;

/**
 * Sizes of a tensor, outermost first; images are [B, C, H, W].
 *
 * @param sizes each at least 0
 */
// Equal by value, as its equals says.
@SuppressWarnings("ArrayRecordComponent")
public record Shape(long... sizes) {

  public static Shape of(long... sizes) {
    return new Shape(sizes.clone());
  }

  public int rank() {
    return sizes.length;
  }

  public long size(int axis) {
    return sizes[axis];
  }

  /** Number of elements. */
  public long count() {
    long count = 1;
    for (long size : sizes) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
