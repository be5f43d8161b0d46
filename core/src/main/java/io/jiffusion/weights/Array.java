package io.jiffusion.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An array of a file: number format, sizes, and the numbers as little-endian bytes, row-major.
 *
 * @param type number format
 * @param sizes outermost first; empty for a single number
 * @param bytes the numbers, little-endian
 */
public record Array(Type type, long[] sizes, ByteBuffer bytes) {

  /** Number formats by their names in safetensors. */
  public enum Type {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    final int width;

    Type(int width) {
      this.width = width;
    }
  }

  public Array {
    sizes = sizes.clone();
    bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** An array of 32-bit floats. */
  public static Array of(float[] values, long... sizes) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(4, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new Array(Type.F32, sizes, bytes);
  }

  /** An array of 16-bit floats, each the nearest to the given one. */
  public static Array half(float[] values, long... sizes) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(2, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort(Half.bits(value));
    }
    return new Array(Type.F16, sizes, bytes.flip());
  }

  /** Number of elements. */
  public int count() {
    return bytes.limit() / type.width;
  }

  /** The numbers as 32-bit floats: exact for 16-bit floats and small integers, rounded for doubles. */
  public float[] floats() {
    float[] out = new float[count()];
    if (type == Type.F32) {
      bytes.asFloatBuffer().get(out);
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) number(i);
    }
    return out;
  }

  /** The numbers as doubles. */
  public double[] doubles() {
    double[] out = new double[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = number(i);
    }
    return out;
  }

  /** The numbers as longs; fractions are cut off. */
  public long[] longs() {
    long[] out = new long[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = type == Type.I64 ? bytes.getLong(8 * i) : (long) number(i);
    }
    return out;
  }

  private double number(int i) {
    return switch (type) {
      case F64 -> bytes.getDouble(8 * i);
      case F32 -> bytes.getFloat(4 * i);
      case F16 -> Half.value(bytes.getShort(2 * i));
      case BF16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
      case I64 -> bytes.getLong(8 * i);
      case I32 -> bytes.getInt(4 * i);
      case I16 -> bytes.getShort(2 * i);
      case I8 -> bytes.get(i);
      case U8, BOOL -> bytes.get(i) & 0xFF;
    };
  }
}
