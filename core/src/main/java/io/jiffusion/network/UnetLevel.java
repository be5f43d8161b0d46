package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import io.jiffusion.network.UnetConfig.Resample;

/**
 * One level of a U-Net, for networks whose levels differ in more than their width.
 *
 * @param channels of its feature maps
 * @param down what follows each residual block on the way down
 * @param up what follows each residual block on the way up
 * @param heads of its attention; left out, as many as {@code headWidth} gives. Those of the last
 *     level are the middle's
 * @param depth transformer blocks in a row where attention is cross; left out, 1
 * @param halve how it is halved for the next level; left out, as {@code resample} says
 * @param twice how it is doubled for the level above; left out, as {@code resample} says
 */
public record UnetLevel(
    int channels,
    Attention down,
    Attention up,
    @LeftOut Integer heads,
    @LeftOut Integer depth,
    @LeftOut Resample halve,
    @LeftOut Resample twice) {

  public UnetLevel {
    Check.range("channels", channels, 1, Sizes.CHANNELS);
    if (heads != null) {
      Check.range("heads", heads, 1, Sizes.CHANNELS);
    }
    if (depth != null) {
      Check.range("depth", depth, 1, Sizes.BLOCKS);
    }
  }

  /** What follows a residual block. */
  public enum Attention {
    NONE,
    /** Of the image's pixels to each other. */
    SELF,
    /** A transformer: to each other, to the context, and a feed-forward layer. */
    CROSS
  }

  /** A level of the plain kind. */
  static UnetLevel of(int channels, boolean attends) {
    Attention attention = attends ? Attention.SELF : Attention.NONE;
    return new UnetLevel(channels, attention, attention, null, null, null, null);
  }
}
