package io.jiffusion.weights;

import io.jiffusion.weights.Pickle.Global;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A tensor of PyTorch: a view of a storage. All its elements lie in the storage.
 *
 * @param offset of the first element
 * @param strides between neighbours along each axis, in elements
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
record TorchView(TorchStorage storage, DType type, long offset, long[] shape, long[] strides) {
  static final int MOST_AXES = 64;

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("torch.float64", DType.F64),
          Map.entry("torch.float32", DType.F32),
          Map.entry("torch.float16", DType.F16),
          Map.entry("torch.bfloat16", DType.BF16),
          Map.entry("torch.int64", DType.I64),
          Map.entry("torch.int32", DType.I32),
          Map.entry("torch.int16", DType.I16),
          Map.entry("torch.int8", DType.I8),
          Map.entry("torch.uint8", DType.U8),
          Map.entry("torch.uint16", DType.U16),
          Map.entry("torch.uint32", DType.U32),
          Map.entry("torch.uint64", DType.U64),
          Map.entry("torch.bool", DType.BOOL));

  /**
   * A view as a pickle tells of it.
   *
   * @param dtype of the view, or null: that of its storage
   */
  static TorchView of(
      TorchStorage storage,
      Global dtype,
      long offset,
      List<?> size,
      List<?> stride,
      PickleBytes in) {
    DType type = dtype == null ? storage.type() : TYPES.get(dtype.name());
    if (type == null) {
      throw in.error("it holds a tensor of type " + dtype + ", which is not known here");
    }
    long[] shape = sizes(size, "size", in);
    long[] strides = sizes(stride, "stride", in);
    if (shape.length != strides.length) {
      throw in.error(
          "it holds a tensor of " + shape.length + " sizes and " + strides.length + " strides");
    }
    long have = storage.count() * storage.type().bytes() / type.bytes();
    long end;
    long count = 1;
    try {
      end = Math.addExact(offset, 1);
      for (int i = 0; i < shape.length; i++) {
        count = Math.multiplyExact(count, shape[i]);
        end = Math.addExact(end, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
      }
    } catch (ArithmeticException e) {
      end = Long.MAX_VALUE;
    }
    if (offset < 0 || count > 0 && end > have) {
      throw in.error(
          "it holds a tensor %s with offset %d and strides %s, which leads outside of its storage of %d elements"
              .formatted(Arrays.toString(shape), offset, Arrays.toString(strides), have));
    }
    if (count > Math.max(have, 1 << 24)) {
      throw in.error(
          "it holds a tensor " + Arrays.toString(shape) + " made of " + have + " stored elements");
    }
    return new TorchView(storage, type, offset, shape, strides);
  }

  private static long[] sizes(List<?> list, String what, PickleBytes in) {
    if (list.size() > MOST_AXES) {
      throw in.error(
          "it holds a tensor of " + list.size() + " axes, must be " + MOST_AXES + " at most");
    }
    long[] sizes = new long[list.size()];
    for (int i = 0; i < sizes.length; i++) {
      if (!(list.get(i) instanceof Long size) || size < 0) {
        throw in.error("it holds a tensor with a " + what + " that is no whole number from 0");
      }
      sizes[i] = size;
    }
    return sizes;
  }

  long count() {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return count;
  }

  /** How many of the last axes lie in the storage one element behind the other. */
  int contiguousAxes() {
    int axes = 0;
    long next = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] != 1 && strides[axis] != next) {
        break;
      }
      next *= shape[axis];
      axes++;
    }
    return axes;
  }

  /** How many elements lie together along so many of the last axes. */
  long run(int contiguous) {
    long run = 1;
    for (int axis = shape.length - contiguous; axis < shape.length; axis++) {
      run *= shape[axis];
    }
    return run;
  }

  /** Where the index-th run begins in the storage. */
  long start(int contiguous, long index) {
    long place = offset;
    for (int axis = shape.length - contiguous - 1; axis >= 0; axis--) {
      place += index % shape[axis] * strides[axis];
      index /= shape[axis];
    }
    return place;
  }
}
