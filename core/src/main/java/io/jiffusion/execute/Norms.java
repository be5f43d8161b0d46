package io.jiffusion.execute;

import io.jiffusion.network.Shape;
import io.jiffusion.tensor.Precision;
import java.util.HashMap;
import java.util.Map;

/**
 * The group norms of a network that is trained in bf16, made when they are first asked for. For one
 * thread at a time.
 */
public final class Norms implements AutoCloseable {
  private record Key(Shape image, int groups, double eps, boolean silu) {}

  private final Map<Key, TrainedNorm> made = new HashMap<>();
  private final Dnnl dnnl;

  /** Makes none yet; of a network in fp32 there will be none. */
  public Norms(Precision precision) {
    dnnl = precision == Precision.BF16 ? oneDnn() : null;
  }

  private static Dnnl oneDnn() {
    try {
      return new Dnnl();
    } catch (Unplanned e) {
      return null; // not on the class path for this platform
    }
  }

  /** Null if there is no kernel. */
  TrainedNorm of(Shape images, int groups, double eps, boolean silu) {
    if (dnnl == null) {
      return null;
    }
    Shape image = Shape.of(images.size(1), images.size(2), images.size(3));
    Key key = new Key(image, groups, eps, silu);
    if (!made.containsKey(key)) {
      made.put(key, make(key));
    }
    return made.get(key);
  }

  private TrainedNorm make(Key key) {
    Shape image = key.image;
    try {
      return new TrainedNorm(
          dnnl,
          (int) image.size(0),
          (int) image.size(1),
          (int) image.size(2),
          key.groups,
          key.eps,
          key.silu);
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
