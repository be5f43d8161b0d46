package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import java.util.List;

/**
 * Images to latents, or to the mean and the logarithm of the variance of latents (Rombach et al.:
 * High-resolution image synthesis with latent diffusion models, 2022). The label is not looked at.
 *
 * @param config its shape
 */
public record AutoencoderEncoder(AutoencoderConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(config.imageChannels(), config.height(), config.width());
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    return ops.block("encoder", o -> encode(o, x));
  }

  private <T> T encode(Ops<T> ops, T x) {
    AutoencoderBlocks blocks = new AutoencoderBlocks(config);
    List<Integer> channels = config.channels();
    int times = config.moments() ? 2 : 1;
    T h = blocks.conv(ops, x, "in", channels.get(0));
    for (int i = 0; i < channels.size(); i++) {
      int wide = channels.get(i);
      for (int j = 0; j < config.blocks(); j++) {
        T before = h;
        h = ops.block("down." + i + "." + j, o -> blocks.mix(o, before, wide));
      }
      if (i < channels.size() - 1) {
        h = ops.conv(h, "down." + i + ".sample", wide, 3, 2, Padding.BOTTOM_RIGHT, 1);
      }
    }
    T bottom = h;
    h = ops.block("middle", o -> blocks.middle(o, bottom));
    h = blocks.out(ops, h, times * config.features());
    return config.before()
        ? ops.conv(h, "latents", times * config.latents(), 1, 1, Padding.SYMMETRIC, 1)
        : h;
  }
}
