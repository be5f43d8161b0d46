package io.jiffusion.weights;

import io.jiffusion.weights.Pickle.Global;
import java.util.List;
import java.util.Map;

/**
 * Where numbers of PyTorch's tensors are.
 *
 * @param type of its elements
 * @param key its name in the file
 * @param count of elements
 */
record TorchStorage(DType type, String key, long count) {
  private static final int LONGEST_KEY = 1000;

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("torch.DoubleStorage", DType.F64),
          Map.entry("torch.FloatStorage", DType.F32),
          Map.entry("torch.HalfStorage", DType.F16),
          Map.entry("torch.BFloat16Storage", DType.BF16),
          Map.entry("torch.LongStorage", DType.I64),
          Map.entry("torch.IntStorage", DType.I32),
          Map.entry("torch.ShortStorage", DType.I16),
          Map.entry("torch.CharStorage", DType.I8),
          Map.entry("torch.ByteStorage", DType.U8),
          Map.entry("torch.BoolStorage", DType.BOOL),
          Map.entry("torch.storage.UntypedStorage", DType.U8),
          Map.entry("torch.UntypedStorage", DType.U8));

  /** The storage that a pickle's persistent identity tells of. */
  static TorchStorage of(Object identity, PickleBytes in) {
    if (!(identity instanceof List<?> parts)
        || parts.size() < 5
        || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof Global global)
        || !(parts.get(2) instanceof String key)
        || key.length() > LONGEST_KEY
        || !(parts.get(4) instanceof Long count)) {
      throw in.error("it holds a persistent object that is no storage");
    }
    DType type = TYPES.get(global.name());
    if (type == null) {
      throw in.error(
          "it holds a storage "
              + global
              + ", which is not known here: must be one of floats, integers and booleans");
    }
    if (parts.size() > 5 && parts.get(5) != null) {
      throw in.error("it holds a storage that is a view of another, as before torch 0.4");
    }
    if (count < 0) {
      throw in.error("it holds a storage of " + count + " elements");
    }
    return new TorchStorage(type, key, count);
  }
}
