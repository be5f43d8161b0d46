package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import java.util.List;

/**
 * A tiny autoencoder's way from images to latents. The label is not looked at.
 *
 * @param config its shape
 */
public record TinyEncoder(TinyAutoencoderConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(config.imageChannels(), config.height(), config.width());
  }

  @Override
  public int classes() {
    return 0;
  }

  /** Layers are numbered through, as a list. */
  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    List<Integer> channels = config.encoderChannels();
    T h = config.signed() ? ops.affine(x, 0.5, 0.5) : x;
    int layer = 0;
    for (int i = 0; i < channels.size(); i++) {
      int stride = i == 0 ? 1 : 2;
      int wide = channels.get(i);
      h = ops.conv(h, "encoder." + layer++, wide, 3, stride, Padding.SYMMETRIC, 1, i == 0);
      boolean pooled = i >= channels.size() - config.pooled();
      for (int j = 0; j < config.encoderBlocks().get(i); j++) {
        T before = h;
        h = ops.block("encoder." + layer++, o -> block(o, before, wide, pooled));
      }
    }
    return ops.conv(h, "encoder." + layer, config.latents(), 3, 1, Padding.SYMMETRIC, 1);
  }

  static <T> T block(Ops<T> ops, T x, int channels, boolean pooled) {
    int in = (int) ops.shape(x).size(1);
    T before = x;
    if (pooled) {
      T h = ops.conv(x, "pool.0", 4 * in, 1, 1, Padding.SYMMETRIC, 1, false);
      h = ops.relu(ops.groupNorm(h, "pool.1", 4, 1e-5));
      before = ops.add(x, ops.conv(h, "pool.3", in, 1, 1, Padding.SYMMETRIC, 1, false));
    }
    T h = ops.conv(before, "conv.0", channels, 3, 1, Padding.SYMMETRIC, 1);
    h = ops.conv(ops.relu(h), "conv.2", channels, 3, 1, Padding.SYMMETRIC, 1);
    h = ops.conv(ops.relu(h), "conv.4", channels, 3, 1, Padding.SYMMETRIC, 1);
    T skip =
        in == channels
            ? before
            : ops.conv(before, "skip", channels, 1, 1, Padding.SYMMETRIC, 1, false);
    return ops.relu(ops.add(h, skip));
  }
}
