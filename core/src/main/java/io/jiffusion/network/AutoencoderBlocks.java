package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig.Activation;
import java.util.function.UnaryOperator;

/** What encoder and decoder of latent diffusion's autoencoder are made of. */
final class AutoencoderBlocks {
  private final AutoencoderConfig config;

  AutoencoderBlocks(AutoencoderConfig config) {
    this.config = config;
  }

  <T> T middle(Ops<T> ops, T x) {
    int channels = (int) ops.shape(x).size(1);
    T h = ops.block("res1", o -> residual(o, x, channels));
    T mixed = config.middleAttention() ? ops.block("attn", o -> attention(o, h)) : h;
    return ops.block("res2", o -> residual(o, mixed, channels));
  }

  /** A residual block, and attention where it is due. */
  <T> T mix(Ops<T> ops, T x, int channels) {
    T h = ops.block("res", o -> residual(o, x, channels));
    return config.attends(ops.shape(h).size(2)) ? ops.block("attn", o -> attention(o, h)) : h;
  }

  /** Norm, non-linearity and convolution at the end. */
  <T> T out(Ops<T> ops, T x, int channels) {
    return ops.block("out", o -> conv(o, o.silu(norm().apply(o, x, "norm")), "conv", channels));
  }

  private <T> T residual(Ops<T> ops, T x, int channels) {
    return new ResidualBlock(channels, norm(), norm(), Activation.SILU, null, 0, 1)
        .apply(ops, x, null, UnaryOperator.identity(), false);
  }

  private <T> T attention(Ops<T> ops, T x) {
    return new AttentionLayer(1).ofPixels(ops, x, norm().apply(ops, x, "norm"), 1);
  }

  <T> T conv(Ops<T> ops, T x, String name, int channels) {
    return ops.conv(x, name, channels, 3, 1, Padding.SYMMETRIC, 1);
  }

  private ResidualBlock.Norm norm() {
    return new ResidualBlock.Norm(config.groups(), config.eps());
  }
}
