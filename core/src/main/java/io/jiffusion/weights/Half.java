package io.jiffusion.weights;

/** The 16-bit float of IEEE 754: 1 sign, 5 exponent and 10 fraction bits. */
final class Half {
  private Half() {}

  static float value(short bits) {
    int exponent = bits >> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    float size = exponent == 0 ? fraction * 0x1p-24f
        : exponent == 31 ? (fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
        : Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
    return bits < 0 ? -size : size;
  }

  /** Nearest 16-bit float, ties to even; beyond the largest it is infinity. */
  static short bits(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float size = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) 0x7E00;
    }
    if (size < 0x1p-14f) { // subnormal: a multiple of 2^-24, to which Math.rint rounds ties to even
      return (short) (sign | (int) Math.rint(size * 0x1p24));
    }
    if (size >= 65520) {
      return (short) (sign | 0x7C00);
    }
    int bits = Float.floatToRawIntBits(size) - (112 << 23);
    int rounded = bits + 0xFFF + (bits >> 13 & 1);
    return (short) (sign | rounded >> 13);
  }
}
