package io.jiffusion.weights;

import io.jiffusion.base.Half;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;

/** Numbers on their way to a file: an element type, a shape and row-major values. */
public final class Array {
  private final DType type;
  private final long[] shape;
  private final long count;
  private final Supplier<float[]> floats;
  private final ByteBuffer bytes;
  private float[] current; // while it is written

  private Array(DType type, long[] shape, long have, Supplier<float[]> floats, ByteBuffer bytes) {
    long need = count(shape);
    if (need != have) {
      throw new IllegalArgumentException(
          "illegal values: "
              + have
              + ", must be "
              + need
              + " for shape "
              + SafetensorsFile.text(shape));
    }
    this.type = type;
    this.shape = shape.clone();
    this.count = need;
    this.floats = floats;
    this.bytes = bytes;
  }

  private static long count(long[] shape) {
    long count = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("illegal shape: size " + size + ", must be 0 or more");
      }
      count = Math.multiplyExact(count, size);
    }
    return count;
  }

  /** Float32, not copied: the values must not change before they are written. */
  public static Array of(float[] values, long... shape) {
    return of(DType.F32, values, shape);
  }

  /**
   * Floats that are written as another floating type, rounded to nearest, ties to even.
   *
   * @param type F16, BF16, F32 or F64
   */
  public static Array of(DType type, float[] values, long... shape) {
    if (!type.floating()) {
      throw new IllegalArgumentException(
          "illegal type of floats: " + type + ", must be F16, BF16, F32 or F64");
    }
    return new Array(type, shape, values.length, () -> values, null);
  }

  /**
   * Floats that are asked for when they are written, and not kept: a model may be larger than the
   * memory.
   */
  public static Array of(DType type, Supplier<float[]> values, long... shape) {
    return new Array(type, shape, count(shape), values, null);
  }

  /** Float64. */
  public static Array of(double[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asDoubleBuffer().put(values);
    return new Array(DType.F64, shape, values.length, null, bytes);
  }

  /** Signed integers of 64 bits. */
  public static Array of(long[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 8);
    bytes.asLongBuffer().put(values);
    return new Array(DType.I64, shape, values.length, null, bytes);
  }

  /** Signed integers of 32 bits. */
  public static Array of(int[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length, 4);
    bytes.asIntBuffer().put(values);
    return new Array(DType.I32, shape, values.length, null, bytes);
  }

  /** Unsigned bytes, not copied. */
  public static Array of(byte[] values, long... shape) {
    return of(DType.U8, ByteBuffer.wrap(values), shape);
  }

  /** Any type, by its little-endian bytes between position and limit, not copied. */
  public static Array of(DType type, ByteBuffer bytes, long... shape) {
    if (bytes.remaining() % type.bytes() != 0) {
      throw new IllegalArgumentException(
          "illegal bytes: "
              + bytes.remaining()
              + ", must be a multiple of "
              + type.bytes()
              + " for "
              + type);
    }
    return new Array(
        type,
        shape,
        bytes.remaining() / type.bytes(),
        null,
        bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  public DType type() {
    return type;
  }

  /** Sizes, outermost first; empty for a single number. */
  public long[] shape() {
    return shape.clone();
  }

  /** Bytes of all elements. */
  long size() {
    return floats == null ? bytes.capacity() : count * type.bytes();
  }

  /** Little-endian bytes of elements {@code from … from+count−1}. */
  ByteBuffer part(long from, int count) {
    if (floats == null) {
      return bytes.slice((int) from * type.bytes(), count * type.bytes());
    }
    if (current == null) {
      current = floats.get();
    }
    ByteBuffer out = buffer(count, type.bytes());
    int start = (int) from;
    for (int i = start; i < start + count; i++) {
      switch (type) {
        case F16 -> out.putShort(Half.toF16(current[i]));
        case BF16 -> out.putShort(Half.toBF16(current[i]));
        case F32 -> out.putFloat(current[i]);
        default -> out.putDouble(current[i]);
      }
    }
    if (from + count == this.count) {
      current = null;
    }
    return out.flip();
  }

  private static ByteBuffer buffer(int count, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
