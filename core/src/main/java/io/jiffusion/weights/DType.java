package io.jiffusion.weights;

/** Element types that are read and written, by their names in a safetensors file. */
public enum DType {
  BOOL(1, false),
  U8(1, false),
  I8(1, false),
  U16(2, false),
  I16(2, false),
  U32(4, false),
  I32(4, false),
  U64(8, false),
  I64(8, false),
  F16(2, true),
  BF16(2, true),
  F32(4, true),
  F64(8, true);

  private final int bytes;
  private final boolean floating;

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether the elements are floating-point numbers. */
  public boolean floating() {
    return floating;
  }
}
