package io.jiffusion.network;

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
    if (smallHeight < 1 || smallWidth < 1) {
      throw new IllegalArgumentException(
          "illegal smallHeight: " + smallHeight + ", must be 1 or more, as smallWidth");
    }
  }
}
