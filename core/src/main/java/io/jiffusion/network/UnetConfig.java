package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetLevel.Attention;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The shape of a U-Net.
 *
 * @param inputChannels channels of the image
 * @param height rows of the image
 * @param width columns of the image
 * @param channels channels at full resolution
 * @param multipliers channels of each level as a multiple of {@code channels}; each level after the
 *     first halves the size
 * @param resBlocks residual blocks a level on the way down; one more on the way up
 * @param attention rows of the feature maps at which attention is applied
 * @param middleAttention whether the middle of the network attends
 * @param headWidth channels of an attention head; 0 for a single head with all channels
 * @param groups groups of the group norms
 * @param eps added to the variance in the group norms: 1e-6 in DDPM, 1e-5 in improved-diffusion
 * @param order order of the halves of the time embedding
 * @param shift 1 for DDPM's frequencies, 0 for improved-diffusion's
 * @param timing how the embedding enters a residual block
 * @param padding of the convolutions that halve the size
 * @param resample how sizes change between levels
 * @param activation the non-linearity of the residual blocks
 * @param dropout share of values dropped in residual blocks in training
 * @param classes rows of the class table, the null class included; 0 for none
 * @param zeroInit whether the last layer of each block starts at zero
 * @param learnedVariance whether the output has a second set of channels for the variance
 * @param centerInput whether the input is mapped from [0, 1] to [−1, 1]
 * @param middleScale divides the residual sums of the middle
 * @param middleNorm whether the attention of the middle has a group norm
 * @param outputChannels channels of the output, those of a learned variance not counted; left out,
 *     as many as the image has
 * @param sinusoid width of the time's sinusoids; left out, {@code channels}
 * @param embedding width of the time embedding; left out, four times that
 * @param levels in place of multipliers and attention, which are empty then, for networks whose
 *     levels differ in more than these; else left out
 * @param transformer what the transformers of levels with cross attention attend to; left out if
 *     there are none
 * @param middleBlocks residual blocks of the middle, 0, 1, or 2 around its attention; left out, 2
 * @param upHeads heads of all self attention on the way up; left out, as many as on the way down
 * @param classEmbedding how a class enters the time embedding; left out, by a table
 */
public record UnetConfig(
    int inputChannels,
    int height,
    int width,
    int channels,
    List<Integer> multipliers,
    int resBlocks,
    List<Integer> attention,
    boolean middleAttention,
    int headWidth,
    int groups,
    double eps,
    Order order,
    int shift,
    Timing timing,
    Padding padding,
    Resample resample,
    Activation activation,
    double dropout,
    int classes,
    boolean zeroInit,
    boolean learnedVariance,
    boolean centerInput,
    double middleScale,
    boolean middleNorm,
    @LeftOut Integer outputChannels,
    @LeftOut Integer sinusoid,
    @LeftOut Integer embedding,
    @LeftOut List<UnetLevel> levels,
    @LeftOut TransformerConfig transformer,
    @LeftOut Integer middleBlocks,
    @LeftOut Integer upHeads,
    @LeftOut ClassEmbedding classEmbedding) {

  /** How a class enters the time embedding. */
  public enum ClassEmbedding {
    /** By its row of a table. */
    TABLE,
    /** By its number, as the time does: through sinusoids and two layers of its own. */
    TIMESTEP
  }

  /** How the time embedding enters a residual block. */
  public enum Timing {
    /** Added to the channels between the two convolutions (DDPM). */
    ADD,
    /** Scales and shifts the second norm's output (improved-diffusion). */
    SCALE_SHIFT
  }

  /** How sizes change between levels. */
  public enum Resample {
    /** Down by a convolution with stride 2, up by nearest neighbours and a convolution. */
    CONV,
    /** By residual blocks around average pooling and nearest neighbours. */
    RESIDUAL,
    /** Down by average pooling, up by nearest neighbours. */
    PLAIN
  }

  /** The non-linearity. */
  public enum Activation {
    SILU,
    GELU
  }

  public UnetConfig {
    Check.range("inputChannels", inputChannels, 1, Sizes.CHANNELS);
    Check.range("channels", channels, 2, Sizes.CHANNELS);
    Check.that(channels % 2 == 0, "channels", channels, "must be an even number");
    Check.that(
        levels == null ? multipliers.size() >= 1 : multipliers.size() + attention.size() == 0,
        "multipliers",
        multipliers.toString(),
        "must name at least one level, and be empty like attention where levels are given");
    int number = levels == null ? multipliers.size() : levels.size();
    Check.range("levels", number, 1, Sizes.LEVELS);
    Check.range("multipliers", multipliers, 1, Sizes.CHANNELS / channels);
    Check.range("resBlocks", resBlocks, 1, Sizes.BLOCKS);
    Check.that(
        groups >= 1 && channels % groups == 0,
        "groups",
        groups,
        "must divide the " + channels + " channels");
    Check.that(eps > 0, "eps", eps, "must be above 0");
    Check.that(shift == 0 || shift == 1, "shift", shift, "must be 0 or 1");
    Check.that(channels / 2 > shift, "channels", channels, "must be 4 or more with shift 1");
    Check.that(dropout >= 0 && dropout < 1, "dropout", dropout, "must be at least 0 and below 1");
    Check.range("classes", classes, 0, Sizes.ROWS);
    Check.range("headWidth", headWidth, 0, Sizes.CHANNELS);
    Check.that(middleScale > 0, "middleScale", middleScale, "must be above 0");
    if (outputChannels != null) {
      Check.range("outputChannels", outputChannels, 1, Sizes.CHANNELS);
    }
    if (sinusoid != null) {
      Check.range("sinusoid", sinusoid, 4, Sizes.CHANNELS);
      Check.that(sinusoid % 2 == 0, "sinusoid", sinusoid, "must be an even number");
    }
    Check.that(
        middleBlocks == null || middleBlocks >= (middleAttention ? 1 : 0) && middleBlocks <= 2,
        "middleBlocks",
        middleBlocks,
        "must be from 0 to 2, and not 0 where the middle attends");
    if (embedding != null) {
      Check.range("embedding", embedding, 1, 4 * Sizes.CHANNELS);
    }
    Check.range("height", height, 1, Sizes.SIDE);
    Check.range("width", width, 1, Sizes.SIDE);
    int halvings = 1 << (number - 1);
    String rule = "must be a multiple of " + halvings + " for " + number + " levels";
    Check.that(height % halvings == 0, "height", height, rule);
    Check.that(width % halvings == 0, "width", width, rule);
    for (int at : attention) {
      Check.that(
          rows(height, number).contains(at),
          "attention",
          at,
          "must be one of the levels' rows: " + rows(height, number));
    }
    multipliers = List.copyOf(multipliers);
    attention = List.copyOf(attention);
    levels = levels == null ? null : List.copyOf(levels);
    List<UnetLevel> all =
        levels == null ? levels(channels, multipliers, attention, height) : levels;
    boolean crosses = middleAttention && transformer != null && transformer.middle();
    for (int i = 0; i < number; i++) {
      UnetLevel level = all.get(i);
      crosses |= level.down() == Attention.CROSS || level.up() == Attention.CROSS;
      Check.that(
          level.channels() % groups == 0,
          "groups",
          groups,
          "must divide the " + level.channels() + " channels of level " + i);
      boolean attends =
          level.down() != Attention.NONE
              || level.up() != Attention.NONE
              || middleAttention && i == number - 1;
      if (attends && level.heads() != null) {
        Check.that(
            level.channels() % level.heads() == 0,
            "levels",
            level.heads() + " heads",
            "must divide the " + level.channels() + " channels of level " + i);
      } else if (attends && headWidth > 0) {
        Check.that(
            level.channels() % headWidth == 0,
            "headWidth",
            headWidth,
            "must divide the " + level.channels() + " channels of level " + i + ", which attends");
      }
      Check.that(
          upHeads == null
              || level.up() != Attention.SELF
              || upHeads >= 1 && level.channels() % upHeads == 0,
          "upHeads",
          upHeads,
          "must divide the " + level.channels() + " channels of level " + i + ", which attends");
    }
    Check.that(
        crosses == (transformer != null),
        "transformer",
        transformer,
        "must be given if and only if a level or the middle has cross attention");
    Check.that(
        transformer == null || transformer.classes() == null || classes == 0,
        "classes",
        classes,
        "must be 0 where the transformer has classes");
  }

  /** Whether the middle has its i-th residual block. */
  boolean hasMiddle(int i) {
    return middleBlocks == null || i <= middleBlocks;
  }

  /** Whether the middle attends by a transformer. */
  boolean middleTransformer() {
    return transformer != null && transformer.middle();
  }

  /** Rows of the feature maps of each level. */
  private static List<Integer> rows(int height, int levels) {
    return IntStream.range(0, levels).mapToObj(level -> height >> level).toList();
  }

  private static List<UnetLevel> levels(
      int channels, List<Integer> multipliers, List<Integer> attention, int height) {
    return IntStream.range(0, multipliers.size())
        .mapToObj(i -> UnetLevel.of(channels * multipliers.get(i), attention.contains(height >> i)))
        .toList();
  }

  /** The levels, from the image's own size down. */
  public List<UnetLevel> allLevels() {
    return levels == null ? levels(channels, multipliers, attention, height) : levels;
  }

  /** Heads of a level's attention. */
  public int heads(UnetLevel level) {
    return level.heads() != null
        ? level.heads()
        : headWidth == 0 ? 1 : level.channels() / headWidth;
  }

  /** Heads of a level's self attention on the way up. */
  int upHeads(UnetLevel level) {
    return upHeads == null ? heads(level) : upHeads;
  }

  /** Channels of all that the network says, a learned variance included. */
  public int allOutputChannels() {
    int said = outputChannels == null ? inputChannels : outputChannels;
    return learnedVariance ? 2 * said : said;
  }

  /** Width of the time embedding. */
  int embeddingWidth() {
    return embedding == null ? 4 * sinusoidWidth() : embedding;
  }

  /** Width of the time's sinusoids. */
  int sinusoidWidth() {
    return sinusoid == null ? channels : sinusoid;
  }
}
