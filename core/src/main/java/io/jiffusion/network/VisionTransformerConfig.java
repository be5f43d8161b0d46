package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of a {@link VisionTransformer}.
 *
 * @param size height and width of the images, a multiple of the patch
 * @param patch height and width of the patches
 * @param width of an element, a multiple of 64, which a head has
 * @param depth blocks
 * @param inner width inside of a block's two layers
 * @param clip whether it is one of CLIP: a norm before the blocks, GELU by a sigmoid, and a
 *     projection behind them; else one of DINOv2
 * @param features numbers of the result: the projection's, or the width
 */
public record VisionTransformerConfig(
    int size, int patch, int width, int depth, int inner, boolean clip, int features) {
  /** Width of a head. */
  static final int HEAD = 64;

  public VisionTransformerConfig {
    Check.that(
        patch >= 1 && size >= patch && size % patch == 0 && size <= 1 << 12,
        "vision transformer",
        size + " pixels in patches of " + patch,
        "must be whole patches, and at most 4096 pixels");
    Check.that(
        width >= HEAD && width % HEAD == 0,
        "vision transformer",
        "a width of " + width,
        "must be a multiple of " + HEAD);
    Check.range("depth", depth, 1, 100);
    Check.range("inner", inner, 1, Sizes.CHANNELS);
    Check.range("width", width, HEAD, Sizes.CHANNELS);
    Check.range("features", features, 1, Sizes.CHANNELS);
  }

  /** Patches in a row. */
  public int patches() {
    return size / patch;
  }
}
