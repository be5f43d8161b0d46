package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.Timing;
import java.util.function.UnaryOperator;

/**
 * The residual block of U-Nets and autoencoders: norm, non-linearity and convolution, twice, added
 * to what came in (DDPM, appendix B); the embedding enters before the second norm, or as its scale
 * and shift (Improved DDPM), or there is none.
 *
 * @param channels of what comes out
 * @param first the norm before the first convolution
 * @param second the one before the second
 * @param activation the non-linearity
 * @param timing how the embedding enters; null for a block without one
 * @param dropout share of the features that training leaves out
 * @param last scale of the initial values of the second convolution
 */
record ResidualBlock(
    int channels,
    Norm first,
    Norm second,
    Activation activation,
    Timing timing,
    double dropout,
    double last) {

  /** A group norm: its groups, and what is added to the variance. */
  record Norm(int groups, double eps) {
    <T> T apply(Ops<T> ops, T x, String name) {
      return ops.groupNorm(x, name, groups, eps);
    }
  }

  /**
   * Applies it.
   *
   * @param x image, [B, C, H, W]
   * @param emb embedding of the time, [B, D]; null if the block has none
   * @param resize what halves or doubles the image on both ways, or leaves it as it is
   * @param project whether the way past the convolutions has a 1×1 convolution of its own even
   *     where the channels stay
   */
  <T> T apply(Ops<T> ops, T x, T emb, UnaryOperator<T> resize, boolean project) {
    T h = resize.apply(act(ops, first.apply(ops, x, "norm1")));
    T skip = resize.apply(x);
    h = conv(ops, h, "conv1", 1);
    h = timing == null ? second.apply(ops, h, "norm2") : timed(ops, h, emb);
    h = ops.dropout(act(ops, h), "dropout", dropout);
    h = conv(ops, h, "conv2", last);
    if (ops.shape(skip).size(1) != channels || project) {
      skip = ops.conv(skip, "skip", channels, 1, 1, Padding.SYMMETRIC, 1);
    }
    return ops.add(skip, h);
  }

  private <T> T timed(Ops<T> ops, T h, T emb) {
    if (timing == Timing.ADD) {
      return second.apply(ops, ops.addChannels(h, ops.linear(emb, "time", channels, 1)), "norm2");
    }
    T both = ops.linear(emb, "time", 2 * channels, 1);
    return ops.scaleShift(
        second.apply(ops, h, "norm2"),
        ops.channels(both, 0, channels),
        ops.channels(both, channels, channels));
  }

  private <T> T conv(Ops<T> ops, T x, String name, double scale) {
    return ops.conv(x, name, channels, 3, 1, Padding.SYMMETRIC, scale);
  }

  private <T> T act(Ops<T> ops, T x) {
    return activation == Activation.SILU ? ops.silu(x) : ops.gelu(x);
  }
}
