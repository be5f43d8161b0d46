package io.jiffusion.base;

/**
 * The two 16-bit floating-point formats, as bits in a short: IEEE binary16 and bfloat16. Java 17
 * has neither.
 */
public final class Half {
  private Half() {}

  /** The value of a binary16, exactly. */
  public static float fromF16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    if (exponent == 0x1F) {
      return Float.intBitsToFloat(sign | 0x7F800000 | fraction << 13);
    }
    if (exponent == 0) { // zero or subnormal: a multiple of 2^-24
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
  }

  /** The nearest binary16, ties to even; from 65520 on infinite, NaN stays NaN. */
  public static short toF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) {
      return (short) (sign | 0x7E00 | magnitude >>> 13 & 0x3FF);
    }
    if (magnitude >= 0x47800000) { // 2^16 and above
      return (short) (sign | 0x7C00);
    }
    if (magnitude
        < 0x38800000) { // below 2^-14: a multiple of 2^-24; adding 0.5 has FPU rounding at exactly
      // that place
      int fraction = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f) - 0x3F000000;
      return (short) (sign | fraction);
    }
    int odd = magnitude >>> 13 & 1;
    return (short)
        (sign
            | magnitude - (112 << 23) + 0xFFF + odd
                >>> 13); // a carry out of the fraction is right as it is
  }

  /** The value of a bfloat16, exactly. */
  public static float fromBF16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest bfloat16, ties to even; NaN stays NaN. */
  public static short toBF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
