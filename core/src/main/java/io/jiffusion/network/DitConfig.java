package io.jiffusion.network;

import static io.jiffusion.network.Sizes.check;

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
    check("inputChannels", inputChannels, 1, Sizes.CHANNELS);
    check("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    check("size", size, 1, Sizes.SIDE);
    check("patch", patch, 1, MOST_OF_A_PATCH);
    check(size % patch == 0, "size", size, "must be a multiple of patch " + patch);
    check("width", width, 4, Sizes.CHANNELS / 4);
    check(width % 4 == 0, "width", width, "must be a multiple of 4");
    long side = size / patch;
    check(
        side * side * width <= MOST_POSITIONS,
        "size",
        size,
        "must be small enough for a table of "
            + MOST_POSITIONS
            + " positions, with patch and width");
    check("heads", heads, 1, Sizes.CHANNELS);
    check(width % heads == 0, "heads", heads, "must divide the width " + width);
    check("depth", depth, 1, Sizes.BLOCKS);
    check("classes", classes, 1, Sizes.ROWS);
    check(shift == 0 || shift == 1, "shift", shift, "must be 0 or 1");
    check(feedEps > 0, "feedEps", feedEps, "must be above 0");
  }
}
