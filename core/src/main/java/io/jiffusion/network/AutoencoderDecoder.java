package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import java.util.List;

/**
 * Latents to images (Rombach et al.: High-resolution image synthesis with latent diffusion models,
 * 2022). The label is not looked at.
 *
 * @param config its shape
 */
public record AutoencoderDecoder(AutoencoderConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(
        config.latents(), config.height() / config.factor(), config.width() / config.factor());
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    return ops.block("decoder", o -> decode(o, x));
  }

  private <T> T decode(Ops<T> ops, T x) {
    AutoencoderBlocks blocks = new AutoencoderBlocks(config);
    List<Integer> channels = config.channels();
    int last = channels.size() - 1;
    T z =
        config.after() ? ops.conv(x, "latents", config.features(), 1, 1, Padding.SYMMETRIC, 1) : x;
    T bottom = blocks.conv(ops, z, "in", channels.get(last));
    T h = ops.block("middle", o -> blocks.middle(o, bottom));
    for (int i = last; i >= 0; i--) {
      int wide = channels.get(i);
      for (int j = 0; j <= config.blocks(); j++) {
        T before = h;
        h = ops.block("up." + i + "." + j, o -> blocks.mix(o, before, wide));
      }
      if (i > 0) {
        h = blocks.conv(ops, ops.upsample(h), "up." + i + ".sample", wide);
      }
    }
    return blocks.out(ops, h, config.outputChannels());
  }
}
