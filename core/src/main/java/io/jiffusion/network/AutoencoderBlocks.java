package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;

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
    return ops.block("out", o -> conv(o, o.silu(norm(o, x, "norm")), "conv", channels));
  }

  private <T> T residual(Ops<T> ops, T x, int channels) {
    T h = conv(ops, ops.silu(norm(ops, x, "norm1")), "conv1", channels);
    h = conv(ops, ops.silu(norm(ops, h, "norm2")), "conv2", channels);
    T skip =
        ops.shape(x).size(1) == channels
            ? x
            : ops.conv(x, "skip", channels, 1, 1, Padding.SYMMETRIC, 1);
    return ops.add(skip, h);
  }

  private <T> T attention(Ops<T> ops, T x) {
    Shape shape = ops.shape(x);
    int channels = (int) shape.size(1);
    T tokens = ops.tokens(norm(ops, x, "norm"));
    T mixed =
        ops.attention(
            ops.linear(tokens, "q", channels, 1),
            ops.linear(tokens, "k", channels, 1),
            ops.linear(tokens, "v", channels, 1),
            1);
    T out = ops.linear(mixed, "out", channels, 1);
    return ops.add(x, ops.image(out, shape.size(2), shape.size(3)));
  }

  <T> T conv(Ops<T> ops, T x, String name, int channels) {
    return ops.conv(x, name, channels, 3, 1, Padding.SYMMETRIC, 1);
  }

  private <T> T norm(Ops<T> ops, T x, String name) {
    return ops.groupNorm(x, name, config.groups(), config.eps());
  }
}
