package io.jiffusion.execute;

import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.dnnl.memory.desc;

/** The weights of convolutions in training, packed as kernels want them, once for all threads. */
public final class PackedFilters implements AutoCloseable {

  /** A weight in one layout. */
  static final class Packed {
    final desc layout;
    final long address;

    private Packed(desc layout, long address) {
      this.layout = layout;
      this.address = address;
    }
  }

  private final Params weights;
  private final Map<String, List<Packed>> packed = new ConcurrentHashMap<>();
  private Dnnl dnnl;

  /** Of these weights, float32 and row-major; none is packed before it is asked for. */
  public PackedFilters(Params weights) {
    this.weights = weights;
  }

  /** Address of a weight in this layout. */
  synchronized long at(String name, desc layout, TrainingKernels kernels) {
    List<Packed> known = packed.computeIfAbsent(name, absent -> new ArrayList<>());
    for (Packed one : known) {
      if (one.layout.equals(layout)) {
        return one.address;
      }
    }
    if (dnnl == null) {
      dnnl = new Dnnl();
    }
    Packed made = new Packed(dnnl.keep(new desc(layout)), dnnl.allocate(layout.get_size()));
    kernels.pack(weights.at(name), made);
    known.add(made);
    return made.address;
  }

  /** Packs a weight again that has changed; not while anybody uses it. */
  public void refresh(String name, TrainingKernels kernels) {
    try (Scope scope = Scope.open()) {
      packed.getOrDefault(name, List.of()).forEach(one -> kernels.pack(weights.at(name), one));
    }
  }

  @Override
  public void close() {
    if (dnnl != null) {
      dnnl.close();
    }
  }
}
