package io.jiffusion.execute;

import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Precision;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a network that is trained in bf16 has of oneDNN beside libtorch: made when it is first asked
 * for. For one thread at a time.
 */
public final class TrainingKernels implements AutoCloseable {
  private record NormKey(
      long channels, long height, long width, int groups, double eps, boolean silu) {}

  private record AttentionKey(long queries, long keys, long channels, int heads) {}

  private final Map<Record, Object> made = new HashMap<>(); // null where there is none
  private final Dnnl dnnl;

  /** Makes none yet; for a network in fp32 there will be none. */
  public TrainingKernels(Precision precision) {
    dnnl = precision == Precision.BF16 ? oneDnn() : null;
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
                    (int) key.channels,
                    (int) key.height,
                    (int) key.width,
                    groups,
                    eps,
                    silu));
  }

  /** Attention of these sequences; null if there is no kernel. */
  TrainedAttention attention(Shape queries, Shape keys, int heads) {
    AttentionKey key = new AttentionKey(queries.size(1), keys.size(1), queries.size(2), heads);
    return (TrainedAttention)
        find(
            key,
            () ->
                new TrainedAttention(
                    dnnl, (int) key.queries, (int) key.keys, (int) key.channels, heads));
  }

  private Object find(Record key, Supplier<Object> maker) {
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
