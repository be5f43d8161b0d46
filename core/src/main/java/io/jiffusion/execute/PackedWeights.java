package io.jiffusion.execute;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;

/**
 * A network's weights in the layouts that primitives like, shared by all plans of an execution.
 * Safe for use from any thread.
 */
final class PackedWeights implements AutoCloseable {
  private final Dnnl dnnl = new Dnnl();
  private final WeightReader numbers;
  private final Map<String, List<Dnnl.Memory>> packed = new HashMap<>();
  private long bytes;

  PackedWeights(WeightReader numbers) {
    this.numbers = numbers;
  }

  WeightReader numbers() {
    return numbers;
  }

  /**
   * Numbers in a layout.
   *
   * @param key for one set of numbers
   * @param fill puts the float32 numbers, asked for if they are not there yet
   */
  synchronized Dnnl.Memory get(
      String key, Consumer<FloatBuffer> fill, long[] sizes, long[] strides, desc wanted) {
    // several, because plans of other sizes may get kernels that like other layouts
    List<Dnnl.Memory> layouts = packed.computeIfAbsent(key, absent -> new ArrayList<>());
    for (Dnnl.Memory memory : layouts) {
      if (memory.desc().equals(wanted)) {
        return memory;
      }
    }
    desc own = dnnl.keep(new desc(wanted));
    Dnnl.Memory made = dnnl.put(fill, dnnl.desc(data_type.f32, sizes, strides), own);
    layouts.add(made);
    bytes += own.get_size();
    return made;
  }

  /** Bytes of all that is packed. */
  synchronized long bytes() {
    return bytes;
  }

  @Override
  public synchronized void close() {
    dnnl.close();
    packed.clear();
  }
}
