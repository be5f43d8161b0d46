package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import java.util.List;

/**
 * A tiny autoencoder's way from latents to images. The label is not looked at.
 *
 * @param config its shape
 */
public record TinyDecoder(TinyAutoencoderConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(
        config.latents(), config.height() / config.factor(), config.width() / config.factor());
  }

  @Override
  public int classes() {
    return 0;
  }

  /** Layers are numbered through, as a list in which functions and resizing count. */
  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    List<Integer> channels = config.decoderChannels();
    T h = ops.affine(ops.tanh(ops.affine(x, 1 / 3.0, 0)), 3, 0); // no latent is out of the range
    h = ops.relu(ops.conv(h, "decoder.0", channels.get(0), 3, 1, Padding.SYMMETRIC, 1));
    int layer = 2;
    for (int i = 0; i < channels.size(); i++) {
      int wide = channels.get(i);
      boolean last = i == channels.size() - 1;
      boolean pooled = i < config.pooled();
      for (int j = 0; j < config.decoderBlocks().get(i); j++) {
        T before = h;
        h = ops.block("decoder." + layer++, o -> TinyEncoder.block(o, before, wide, pooled));
      }
      if (!last) {
        h = ops.upsample(h);
        layer++;
      }
      int out = last ? config.outputChannels() : wide;
      h = ops.conv(h, "decoder." + layer++, out, 3, 1, Padding.SYMMETRIC, 1, last);
    }
    return config.signed() ? ops.affine(h, 2, -1) : h;
  }
}
