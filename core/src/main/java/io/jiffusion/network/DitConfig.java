package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of a diffusion transformer.
 *
 * @param inputChannels channels of the image
 * @param outputChannels channels of the output, twice as many where a variance is learned
 * @param size rows and columns of the image
 * @param patch rows and columns of a patch
 * @param width channels of a token
 * @param heads of the attention
 * @param depth blocks
 * @param classes rows of the class table, of which the last is the null class
 * @param shift 0 for the original's frequencies of the time embedding, 1 for those of diffusers
 * @param feedEps added to the variance before the feed-forward layers: 1e-6 in the original, 1e-5
 *     in diffusers; all other norms have 1e-6
 */
public record DitConfig(
    int inputChannels,
    int outputChannels,
    int size,
    int patch,
    int width,
    int heads,
    int depth,
    int classes,
    int shift,
    double feedEps) {

  private static final int MOST_OF_A_PATCH = 64;
  private static final int MOST_POSITIONS = 1 << 23;

  public DitConfig {
    Check.range("inputChannels", inputChannels, 1, Sizes.CHANNELS);
    Check.range("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    Check.range("size", size, 1, Sizes.SIDE);
    Check.range("patch", patch, 1, MOST_OF_A_PATCH);
    Check.that(size % patch == 0, "size", size, "must be a multiple of patch " + patch);
    Check.range("width", width, 4, Sizes.CHANNELS / 4);
    Check.that(width % 4 == 0, "width", width, "must be a multiple of 4");
    long side = size / patch;
    Check.that(
        side * side * width <= MOST_POSITIONS,
        "size",
        size,
        "must be small enough for a table of "
            + MOST_POSITIONS
            + " positions, with patch and width");
    Check.range("heads", heads, 1, Sizes.CHANNELS);
    Check.that(width % heads == 0, "heads", heads, "must divide the width " + width);
    Check.range("depth", depth, 1, Sizes.BLOCKS);
    Check.range("classes", classes, 1, Sizes.ROWS);
    Check.that(shift == 0 || shift == 1, "shift", shift, "must be 0 or 1");
    Check.that(feedEps > 0, "feedEps", feedEps, "must be above 0");
  }
}
