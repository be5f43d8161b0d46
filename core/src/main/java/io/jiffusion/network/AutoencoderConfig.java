package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import java.util.List;

/**
 * The shape of latent diffusion's autoencoder.
 *
 * @param imageChannels channels of the images
 * @param outputChannels channels of the images that come back
 * @param height rows of the images
 * @param width columns of the images
 * @param channels of each level; each after the first halves the size
 * @param blocks residual blocks of a level of the encoder; the decoder has one more
 * @param attention rows of the feature maps at which attention is applied
 * @param middleAttention whether the middle attends
 * @param groups groups of the group norms
 * @param eps added to the variance in the group norms
 * @param features channels between encoder and latents
 * @param latents channels of the latents
 * @param moments whether the encoder gives mean and logarithm of the variance of the latents (KL)
 * @param before whether a 1×1 convolution makes latents of features
 * @param after whether one makes features of latents
 * @param codes rows of the codebook (VQ); 0 for none
 * @param scale the network of the diffusion sees the latents, less {@code shift}, times this
 * @param shift what is taken off before
 */
public record AutoencoderConfig(
    int imageChannels,
    int outputChannels,
    int height,
    int width,
    List<Integer> channels,
    int blocks,
    List<Integer> attention,
    boolean middleAttention,
    int groups,
    double eps,
    int features,
    int latents,
    boolean moments,
    boolean before,
    boolean after,
    int codes,
    double scale,
    double shift) {

  public AutoencoderConfig {
    Check.range("imageChannels", imageChannels, 1, Sizes.CHANNELS);
    Check.range("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    Check.range("levels", channels.size(), 1, Sizes.LEVELS);
    Check.range("channels", channels, 1, Sizes.CHANNELS);
    Check.range("blocks", blocks, 1, Sizes.BLOCKS);
    Check.range("groups", groups, 1, Sizes.CHANNELS);
    for (int each : channels) {
      Check.that(
          each % groups == 0, "channels", each, "must be a multiple of the " + groups + " groups");
    }
    Check.that(eps > 0, "eps", eps, "must be above 0");
    Check.range("features", features, 1, Sizes.CHANNELS);
    Check.range("latents", latents, 1, Sizes.CHANNELS);
    Check.range("codes", codes, 0, Sizes.ROWS);
    Check.that(scale > 0, "scale", scale, "must be above 0");
    Check.range("height", height, 1, Sizes.SIDE);
    Check.range("width", width, 1, Sizes.SIDE);
    int halvings = 1 << (channels.size() - 1);
    Check.that(
        height % halvings == 0 && width % halvings == 0,
        "height",
        height + " and width " + width,
        "must be multiples of " + halvings);
    channels = List.copyOf(channels);
    attention = List.copyOf(attention);
  }

  /** The same for images of another size; attention stays at its levels. */
  public AutoencoderConfig sized(int rows, int columns) {
    List<Integer> at = attention.stream().map(old -> (int) ((long) old * rows / height)).toList();
    return Draft.of(this).set("height", rows).set("width", columns).set("attention", at).make();
  }

  /** Pixels of an image for one of the latents, in each direction. */
  public int factor() {
    return 1 << (channels.size() - 1);
  }

  boolean attends(long rows) {
    return attention.stream().anyMatch(at -> at == rows);
  }

  /** The codebook, [codes, latents]; none for KL. */
  public List<Parameter> codebook() {
    return codes == 0
        ? List.of()
        : List.of(
            new Parameter(
                "codebook.weight", Shape.of(codes, latents), Init.normal(1.0 / codes), true));
  }
}
