package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of an {@link Mlp}.
 *
 * @param inputs numbers that a point consists of
 * @param width units of a hidden layer
 * @param depth hidden layers
 * @param embedding width of the time embedding
 */
public record MlpConfig(int inputs, int width, int depth, int embedding) {
  public MlpConfig {
    if (inputs < 1 || width < 1 || depth < 1 || embedding < 4 || embedding % 2 != 0) {
      throw new IllegalArgumentException(
          "illegal network: inputs "
              + inputs
              + ", width "
              + width
              + ", depth "
              + depth
              + ", embedding "
              + embedding
              + ", must be 1 or more, the embedding even and 4 or more");
    }
    Check.range("inputs", inputs, 1, Sizes.CHANNELS);
    Check.range("width", width, 1, Sizes.CHANNELS / 4);
    Check.range("depth", depth, 1, Sizes.BLOCKS);
    Check.range("embedding", embedding, 4, Sizes.CHANNELS);
  }
}
