package io.jiffusion.network;

import io.jiffusion.base.Check;

/**
 * The shape of a {@link Classifier}.
 *
 * @param inputChannels channels of the images
 * @param size height and width of the images: a power of two, 8 or more
 * @param channels of the first layer, a multiple of 8
 * @param features numbers that sum up an image, a multiple of 8
 * @param classes to tell apart, 2 or more
 */
public record ClassifierConfig(
    int inputChannels, int size, int channels, int features, int classes) {

  public ClassifierConfig {
    boolean legal =
        inputChannels >= 1
            && size >= 8
            && Integer.bitCount(size) == 1
            && channels >= Classifier.GROUPS
            && channels % Classifier.GROUPS == 0
            && features >= Classifier.GROUPS
            && features % Classifier.GROUPS == 0
            && classes >= 2;
    if (!legal) {
      throw new IllegalArgumentException(
          "illegal classifier: input channels "
              + inputChannels
              + ", size "
              + size
              + ", channels "
              + channels
              + ", features "
              + features
              + ", classes "
              + classes
              + "; the size must be a power of two from 8 on, channels and features multiples of "
              + Classifier.GROUPS
              + ", classes 2 or more");
    }
    Check.range("inputChannels", inputChannels, 1, Sizes.CHANNELS);
    Check.range("size", size, 8, Sizes.SIDE);
    Check.range("channels", channels, Classifier.GROUPS, Sizes.CHANNELS);
    Check.range("features", features, Classifier.GROUPS, Sizes.CHANNELS);
    Check.range("classes", classes, 2, Sizes.CHANNELS);
  }
}
