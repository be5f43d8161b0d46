package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of a network for super-resolution.
 *
 * @param unet its input has twice the channels of the images
 * @param smallHeight rows of the small image
 * @param smallWidth its columns
 */
public record SuperResolutionConfig(UnetConfig unet, int smallHeight, int smallWidth) {

  public SuperResolutionConfig {
    if (unet.inputChannels() % 2 != 0) {
      throw new IllegalArgumentException(
          "illegal unet.inputChannels: " + unet.inputChannels() + ", must be even");
    }
    Check.range("smallHeight", smallHeight, 1, Sizes.SIDE);
    Check.range("smallWidth", smallWidth, 1, Sizes.SIDE);
  }
}
