package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of guided diffusion's noisy classifier.
 *
 * @param unet its way down and middle
 * @param pool how one vector is made of what is seen
 * @param poolHeads heads of the attention that pools
 * @param outputs classes told apart
 */
public record UnetClassifierConfig(UnetConfig unet, Pool pool, int poolHeads, int outputs) {

  /** How one vector is made of what is seen. */
  public enum Pool {
    /** The mean over the last pixels. */
    ADAPTIVE,
    /** Attention of the mean to the last pixels, with trained positions (CLIP's). */
    ATTENTION,
    /** The means after every block, and two layers. */
    SPATIAL,
    /** The same with a group norm between the two. */
    SPATIAL_V2
  }

  public UnetClassifierConfig {
    Check.range("outputs", outputs, 1, Sizes.ROWS);
    Check.range("poolHeads", poolHeads, 1, Sizes.CHANNELS);
  }
}
