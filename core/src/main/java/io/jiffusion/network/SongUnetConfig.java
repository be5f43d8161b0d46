package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import java.util.List;

/**
 * The shape of a U-Net of the family of NCSN++ and DDPM++.
 *
 * @param inputChannels channels of the image
 * @param height rows of the image
 * @param width columns of the image
 * @param outputChannels channels of the output
 * @param channels width that the multipliers multiply
 * @param stem channels of the first convolution
 * @param multipliers of each level; each after the first halves the size
 * @param blocks residual blocks a level on the way down; one more on the way up
 * @param attention rows of the feature maps at which attention is applied
 * @param attendOnce whether on the way up only the last block of a level attends
 * @param headWidth channels of an attention head, and blocks narrower than that do not attend; 0
 *     for a single head with all channels
 * @param noise how the label is embedded
 * @param logarithm whether the logarithm of the label is embedded
 * @param noiseWidth width of that
 * @param order order of the halves of the embedding
 * @param shift 1 or 0, see {@link Ops#sinusoid}
 * @param embedding width of the time embedding
 * @param classes number of classes, no class not counted; 0 for none
 * @param classesLast whether the class is added after the layers of the embedding, not before them
 * @param augment numbers that tell how a training image was augmented
 * @param timing how the embedding enters a block
 * @param groups of the group norms; 0 for one of four channels, 32 at most
 * @param eps added to the variance in the group norms
 * @param dropout share of values dropped in training
 * @param rescale whether sums of two branches are multiplied by √½
 * @param resample how sizes change between levels
 * @param project whether a block that changes the size has a 1×1 convolution beside it
 * @param filter taps of the filter for other sizes, such as [1, 3, 3, 1]; none for means, nearest
 *     neighbours and strides
 * @param encoder what becomes of the image at smaller sizes
 * @param decoder how the outputs at smaller sizes take part
 * @param concatenate whether the smaller images are put beside the features, not added
 * @param centerInput whether the input is mapped from [0, 1] to [−1, 1]
 * @param divide whether the output is divided by the label
 * @param norms groups of the norms that differ from {@code groups}; left out if none does
 */
public record SongUnetConfig(
    int inputChannels,
    int height,
    int width,
    int outputChannels,
    int channels,
    int stem,
    List<Integer> multipliers,
    int blocks,
    List<Integer> attention,
    boolean attendOnce,
    int headWidth,
    NoiseEmbedding noise,
    boolean logarithm,
    int noiseWidth,
    Order order,
    int shift,
    int embedding,
    int classes,
    boolean classesLast,
    int augment,
    Timing timing,
    int groups,
    double eps,
    double dropout,
    boolean rescale,
    Resample resample,
    boolean project,
    List<Double> filter,
    Pyramid encoder,
    Pyramid decoder,
    boolean concatenate,
    boolean centerInput,
    boolean divide,
    @LeftOut Norms norms) {

  /** None differs. */
  private static final Norms SAME = new Norms(0, 0, 0, 0, 0);

  /**
   * Groups of some of the norms, each 0 where {@code groups} tells them.
   *
   * @param attention of the attention outside of the middle
   * @param joined of the first norm of a block whose input is joined with the way down's, on levels
   *     that attend
   * @param middle of the residual blocks of the middle
   * @param middleAttention of its attention
   * @param out of the output
   */
  public record Norms(int attention, int joined, int middle, int middleAttention, int out) {
    public Norms {
      for (int groups : new int[] {attention, joined, middle, middleAttention, out}) {
        Check.range("norms", groups, 0, Sizes.CHANNELS);
      }
    }
  }

  /** How a label is embedded. */
  public enum NoiseEmbedding {
    /** Sinusoids. */
    POSITIONAL,
    /** Random Fourier features. */
    FOURIER
  }

  /** What is made of the image, or the output, at other sizes. */
  public enum Pyramid {
    /** Nothing. */
    STANDARD,
    /** It is resized by the filter and joined through a convolution at each level. */
    SKIP,
    /** It goes a way of its own through convolutions that resize. */
    RESIDUAL
  }

  public SongUnetConfig {
    Check.range("inputChannels", inputChannels, 1, Sizes.CHANNELS);
    Check.range("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    Check.range("channels", channels, 1, Sizes.CHANNELS);
    Check.range("stem", stem, 1, Sizes.CHANNELS);
    Check.range("levels", multipliers.size(), 1, Sizes.LEVELS);
    Check.range("multipliers", multipliers, 1, Sizes.CHANNELS / channels);
    Check.range("blocks", blocks, 1, Sizes.BLOCKS);
    Check.range("headWidth", headWidth, 0, Sizes.CHANNELS);
    Check.range("noiseWidth", noiseWidth, 4, Sizes.CHANNELS);
    Check.that(noiseWidth % 2 == 0, "noiseWidth", noiseWidth, "must be an even number");
    Check.that(shift == 0 || shift == 1, "shift", shift, "must be 0 or 1");
    Check.range("embedding", embedding, 1, Sizes.CHANNELS);
    Check.range("classes", classes, 0, Sizes.ROWS);
    Check.range("augment", augment, 0, Sizes.CHANNELS);
    Check.range("groups", groups, 0, Sizes.CHANNELS);
    Check.that(eps > 0, "eps", eps, "must be above 0");
    Check.that(dropout >= 0 && dropout < 1, "dropout", dropout, "must be at least 0 and below 1");
    Check.that(
        filter.size() % 2 == 0 && filter.size() <= 16,
        "filter",
        filter.toString(),
        "must have an even number of taps");
    Check.range("height", height, 1, Sizes.SIDE);
    Check.range("width", width, 1, Sizes.SIDE);
    int halvings = 1 << (multipliers.size() - 1);
    Check.that(
        height % halvings == 0 && width % halvings == 0,
        "height",
        height,
        "must be a multiple of " + halvings + ", as width");
    multipliers = List.copyOf(multipliers);
    attention = List.copyOf(attention);
    filter = List.copyOf(filter);
  }

  /** The norms that differ. */
  Norms differing() {
    return norms == null ? SAME : norms;
  }

  /** Groups of a group norm. */
  int groups(long ofChannels, int given) {
    return given > 0
        ? given
        : groups > 0 ? groups : (int) Math.max(1, Math.min(32, ofChannels / 4));
  }

  boolean attends(long rows) {
    return attention.stream().anyMatch(at -> at == rows);
  }

  float[] taps() {
    float[] taps = new float[filter.size()];
    for (int i = 0; i < taps.length; i++) {
      taps[i] = filter.get(i).floatValue();
    }
    return taps;
  }
}
