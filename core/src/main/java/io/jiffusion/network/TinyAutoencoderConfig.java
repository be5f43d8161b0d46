package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import java.util.List;

/**
 * The shape of a tiny autoencoder (Bohan: TAESD, 2023), which makes latents of another autoencoder
 * at a small part of its cost.
 *
 * @param imageChannels channels of the images
 * @param outputChannels channels of the images that come back
 * @param height rows of the images
 * @param width columns of the images
 * @param encoderChannels of each level of the encoder; each after the first halves the size
 * @param encoderBlocks blocks of each
 * @param decoderChannels of each level of the decoder, from the smallest up
 * @param decoderBlocks blocks of each
 * @param latents channels of the latents
 * @param pooled levels, from the latents on, whose blocks have a normalised branch before them
 * @param signed whether images are in [−1, 1], else in [0, 1]
 * @param scale the network of the diffusion sees the latents times this
 */
public record TinyAutoencoderConfig(
    int imageChannels,
    int outputChannels,
    int height,
    int width,
    List<Integer> encoderChannels,
    List<Integer> encoderBlocks,
    List<Integer> decoderChannels,
    List<Integer> decoderBlocks,
    int latents,
    int pooled,
    boolean signed,
    double scale) {

  public TinyAutoencoderConfig {
    Check.range("imageChannels", imageChannels, 1, Sizes.CHANNELS);
    Check.range("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    Check.range("levels", encoderChannels.size(), 1, Sizes.LEVELS);
    Check.that(
        encoderChannels.size() == encoderBlocks.size(),
        "encoderBlocks",
        encoderBlocks.toString(),
        "must be one for each of encoderChannels");
    Check.that(
        decoderChannels.size() == encoderChannels.size()
            && decoderChannels.size() == decoderBlocks.size(),
        "decoderBlocks",
        decoderBlocks.toString(),
        "must be one for each of decoderChannels, as many as the encoder has");
    Check.range("latents", latents, 1, Sizes.CHANNELS);
    Check.range("pooled", pooled, 0, Sizes.LEVELS);
    Check.that(scale > 0, "scale", scale, "must be above 0");
    Check.range("encoderChannels", encoderChannels, 1, Sizes.CHANNELS);
    Check.range("decoderChannels", decoderChannels, 1, Sizes.CHANNELS);
    Check.range("encoderBlocks", encoderBlocks, 0, Sizes.BLOCKS);
    Check.range("decoderBlocks", decoderBlocks, 0, Sizes.BLOCKS);
    Check.range("height", height, 1, Sizes.SIDE);
    Check.range("width", width, 1, Sizes.SIDE);
    int halvings = 1 << (encoderChannels.size() - 1);
    Check.that(
        height % halvings == 0 && width % halvings == 0,
        "height",
        height + " and width " + width,
        "must be multiples of " + halvings);
    encoderChannels = List.copyOf(encoderChannels);
    encoderBlocks = List.copyOf(encoderBlocks);
    decoderChannels = List.copyOf(decoderChannels);
    decoderBlocks = List.copyOf(decoderBlocks);
  }

  /** Pixels of an image for one of the latents, in each direction. */
  public int factor() {
    return 1 << (encoderChannels.size() - 1);
  }

  /** The same for images of another size. */
  public TinyAutoencoderConfig sized(int rows, int columns) {
    return Draft.of(this).set("height", rows).set("width", columns).make();
  }
}
