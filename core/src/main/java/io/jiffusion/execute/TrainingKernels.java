package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MULTIPLE_SRC;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Device;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.memory_desc_vector;
import org.bytedeco.dnnl.sum;

/**
 * What a network in training has of oneDNN beside libtorch: made when it is first asked for. For
 * one thread at a time.
 */
public final class TrainingKernels implements AutoCloseable {
  private record NormKey(
      long channels, long height, long width, int groups, double eps, boolean silu) {}

  private record AttentionKey(long queries, long keys, long channels, int heads) {}

  private record SumKey(long count, int parts, boolean bf16) {}

  private final Map<Object, Object> made = new HashMap<>(); // null where there is none
  private final Precision precision;
  private final Dnnl dnnl;

  /** Makes none yet; on a GPU there will be none. */
  public TrainingKernels(Precision precision) {
    this.precision = precision;
    dnnl = Torch.device() == Device.CPU ? oneDnn() : null;
  }

  private static Dnnl oneDnn() {
    try {
      return new Dnnl();
    } catch (Unplanned e) {
      return null; // not on the class path for this platform
    }
  }

  /** Group norm of these images; null if there is no kernel. */
  TrainedNorm norm(Shape images, int groups, double eps, boolean silu) {
    NormKey key = new NormKey(images.size(1), images.size(2), images.size(3), groups, eps, silu);
    return (TrainedNorm)
        find(
            key,
            () ->
                new TrainedNorm(
                    dnnl,
                    precision,
                    (int) key.channels,
                    (int) key.height,
                    (int) key.width,
                    groups,
                    eps,
                    silu));
  }

  /** A convolution; null if there is no kernel. */
  TrainedConvolution convolution(TrainedConvolution.Window window) {
    return (TrainedConvolution) find(window, () -> new TrainedConvolution(dnnl, precision, window));
  }

  /** Attention of these sequences; null if there is no kernel. */
  TrainedAttention attention(Shape queries, Shape keys, int heads) {
    AttentionKey key = new AttentionKey(queries.size(1), keys.size(1), queries.size(2), heads);
    return (TrainedAttention)
        find(
            key,
            () ->
                new TrainedAttention(
                    dnnl, precision, (int) key.queries, (int) key.keys, (int) key.channels, heads));
  }

  /**
   * Adds up the parts of a gradient, in their order.
   *
   * @param sum float32, of the same shape; written
   */
  public void sum(List<Tensor> parts, Tensor sum) {
    boolean bf16 = parts.get(0).isBf16();
    Sum how =
        parts.stream().allMatch(part -> part.isBf16() == bf16)
            ? (Sum)
                find(
                    new SumKey(sum.count(), parts.size(), bf16),
                    () -> new Sum(dnnl, sum.count(), parts.size(), bf16))
            : null;
    if (how != null) {
      how.run(
          parts.stream().map(Tensor::contiguous).mapToLong(Tensor::address).toArray(),
          sum.address());
      return;
    }
    sum.copyInPlace(parts.get(0));
    parts.subList(1, parts.size()).forEach(sum::addInPlace);
  }

  /** Packs a weight, float32 and row-major. */
  void pack(Tensor weight, PackedFilters.Packed packed) {
    Pack how = (Pack) find(packed, () -> new Pack(dnnl, weight.sizes(), packed));
    Dnnl.move(how.from, weight.address());
    how.how.run();
  }

  /** One of oneDNN's sums of arrays, float32. */
  private static final class Sum {
    private final Memory[] parts;
    private final Memory sum;
    private final Primitive how;

    Sum(Dnnl dnnl, long count, int parts, boolean bf16) {
      desc one = dnnl.dense(bf16 ? data_type.bf16 : data_type.f32, count);
      long nowhere = dnnl.allocate(0);
      this.parts = new Memory[parts];
      float[] factors = new float[parts];
      memory_desc_vector descs = new memory_desc_vector(parts);
      Argument[] arguments = new Argument[parts + 1];
      for (int i = 0; i < parts; i++) {
        this.parts[i] = dnnl.at(one, nowhere);
        factors[i] = 1;
        descs.put(i, one);
        arguments[i] = new Argument(DNNL_ARG_MULTIPLE_SRC + i, this.parts[i]);
      }
      sum = dnnl.at(dnnl.dense(data_type.f32, count), nowhere);
      arguments[parts] = new Argument(DNNL_ARG_DST, sum);
      sum.primitive_desc desc = new sum.primitive_desc(dnnl.engine, sum.desc(), factors, descs);
      how = dnnl.primitive(desc, new sum(desc), null, arguments);
    }

    void run(long[] from, long to) {
      for (int i = 0; i < parts.length; i++) {
        Dnnl.move(parts[i], from[i]);
      }
      Dnnl.move(sum, to);
      how.run();
    }
  }

  private static final class Pack {
    private final Memory from;
    private final Primitive how;

    Pack(Dnnl dnnl, long[] sizes, PackedFilters.Packed packed) {
      from = dnnl.at(dnnl.dense(data_type.f32, sizes), packed.address);
      how = dnnl.reorder(from, dnnl.at(packed.layout, packed.address));
    }
  }

  private Object find(Object key, Supplier<Object> maker) {
    if (dnnl != null && !made.containsKey(key)) {
      made.put(key, make(maker));
    }
    return made.get(key);
  }

  private static Object make(Supplier<Object> maker) {
    try {
      return maker.get();
    } catch (RuntimeException e) {
      if (Dnnl.isMissing(e)) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    if (dnnl != null) {
      dnnl.close();
    }
  }
}
