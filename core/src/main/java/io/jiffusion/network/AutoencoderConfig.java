package io.jiffusion.network;

import io.jiffusion.run.ByValue;
import java.util.Arrays;
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
    int[] channels,
    int blocks,
    int[] attention,
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
    check(imageChannels >= 1, "imageChannels", imageChannels, "must be 1 or more");
    check(outputChannels >= 1, "outputChannels", outputChannels, "must be 1 or more");
    check(channels.length >= 1, "channels", "[]", "must name at least one level");
    check(blocks >= 1, "blocks", blocks, "must be 1 or more");
    check(groups >= 1, "groups", groups, "must be 1 or more");
    for (int each : channels) {
      check(
          each >= 1 && each % groups == 0,
          "channels",
          each,
          "must be a multiple of the " + groups + " groups");
    }
    check(eps > 0, "eps", eps, "must be above 0");
    check(features >= 1, "features", features, "must be 1 or more");
    check(latents >= 1, "latents", latents, "must be 1 or more");
    check(codes >= 0, "codes", codes, "must be 0 (none) or more");
    check(scale > 0, "scale", scale, "must be above 0");
    int halvings = 1 << (channels.length - 1);
    check(
        height >= 1 && height % halvings == 0 && width >= 1 && width % halvings == 0,
        "height",
        height + " and width " + width,
        "must be multiples of " + halvings);
    channels = channels.clone();
    attention = attention.clone();
  }

  private static void check(boolean legal, String name, Object value, String rule) {
    if (!legal) {
      throw new IllegalArgumentException("illegal " + name + ": " + value + ", " + rule);
    }
  }

  /** The same for images of another size; attention stays at its levels. */
  public AutoencoderConfig sized(int rows, int columns) {
    int[] at = Arrays.stream(attention).map(old -> (int) ((long) old * rows / height)).toArray();
    return new AutoencoderConfig(
        imageChannels,
        outputChannels,
        rows,
        columns,
        channels,
        blocks,
        at,
        middleAttention,
        groups,
        eps,
        features,
        latents,
        moments,
        before,
        after,
        codes,
        scale,
        shift);
  }

  /** Pixels of an image for one of the latents, in each direction. */
  public int factor() {
    return 1 << (channels.length - 1);
  }

  boolean attends(long rows) {
    return Arrays.stream(attention).anyMatch(at -> at == rows);
  }

  /** The codebook, [codes, latents]; none for KL. */
  public List<Parameter> codebook() {
    return codes == 0
        ? List.of()
        : List.of(
            new Parameter(
                "codebook.weight", Shape.of(codes, latents), Init.normal(1.0 / codes), true));
  }

  @Override
  public boolean equals(Object other) {
    return ByValue.equal(this, other);
  }

  @Override
  public int hashCode() {
    return ByValue.hash(this);
  }
}
