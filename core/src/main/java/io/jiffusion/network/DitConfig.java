package io.jiffusion.network;

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

  public DitConfig {
    check(inputChannels >= 1, "inputChannels", inputChannels, "must be 1 or more");
    check(outputChannels >= 1, "outputChannels", outputChannels, "must be 1 or more");
    check(patch >= 1, "patch", patch, "must be 1 or more");
    check(size >= 1 && size % patch == 0, "size", size, "must be a multiple of patch " + patch);
    check(width >= 4 && width % 4 == 0, "width", width, "must be a multiple of 4");
    check(heads >= 1 && width % heads == 0, "heads", heads, "must divide the width " + width);
    check(depth >= 1, "depth", depth, "must be 1 or more");
    check(classes >= 1, "classes", classes, "must be 1 or more");
    check(shift == 0 || shift == 1, "shift", shift, "must be 0 or 1");
    check(feedEps > 0, "feedEps", feedEps, "must be above 0");
  }

  private static void check(boolean legal, String name, Object value, String rule) {
    if (!legal) {
      throw new IllegalArgumentException("illegal " + name + ": " + value + ", " + rule);
    }
  }
}
