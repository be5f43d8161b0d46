package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.ClassEmbedding;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetLevel.Attention;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The U-Net of DDPM (Ho, Jain, Abbeel: Denoising Diffusion Probabilistic Models, arXiv 2006.11239,
 * appendix B) and its descendants in improved-diffusion and diffusers.
 *
 * @param config its shape
 */
public record Unet(UnetConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(config.inputChannels(), config.height(), config.width());
  }

  @Override
  public int classes() {
    return contextOfClass() ? config.transformer().classes() : config.classes();
  }

  @Override
  public int contextWidth() {
    return config.transformer() == null ? 0 : config.transformer().contextWidth();
  }

  @Override
  public boolean contextOfClass() {
    return config.transformer() != null && config.transformer().classes() != null;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> given) {
    Condition<T> condition = contextOfClass() ? withContext(ops, given) : given;
    List<UnetLevel> levels = config.allLevels();
    int last = levels.size() - 1;
    T emb = ops.block("time", o -> embed(o, label, condition)); // [B, 4·channels]
    Deque<T> skips = new ArrayDeque<>();
    T h = middle(ops, encode(ops, x, emb, condition, skips), emb, condition);

    for (int i = last; i >= 0; i--) {
      UnetLevel level = levels.get(i);
      for (int j = 0; j <= config.resBlocks(); j++) {
        T before = h;
        T skip = skips.pop();
        h =
            ops.block(
                "up." + i + "." + j,
                o ->
                    attend(
                        o,
                        mix(o, o.concat(before, skip), emb, level),
                        condition,
                        level,
                        level.up(),
                        config.upHeads(level)));
      }
      if (i > 0) {
        T before = h;
        h = ops.block("up." + i + ".sample", o -> up(o, before, emb, level));
      }
    }

    T top = h;
    return ops.block(
        "out",
        o ->
            o.conv(
                o.silu(norm(o, top, "norm")),
                "conv",
                config.allOutputChannels(),
                3,
                1,
                Padding.SYMMETRIC,
                last()));
  }

  /** The way down, all of it kept for the way up. */
  <T> T encode(Ops<T> ops, T x, T emb, Condition<T> condition, Deque<T> skips) {
    List<UnetLevel> levels = config.allLevels();
    T h = config.centerInput() ? ops.affine(x, 2, -1) : x;
    h = ops.conv(h, "in", config.channels(), 3, 1, Padding.SYMMETRIC, 1);
    skips.push(h);
    for (int i = 0; i < levels.size(); i++) {
      UnetLevel level = levels.get(i);
      for (int j = 0; j < config.resBlocks(); j++) {
        T before = h;
        h =
            ops.block(
                "down." + i + "." + j,
                o ->
                    attend(
                        o,
                        mix(o, before, emb, level),
                        condition,
                        level,
                        level.down(),
                        config.heads(level)));
        skips.push(h);
      }
      if (i < levels.size() - 1) {
        T before = h;
        h = ops.block("down." + i + ".sample", o -> down(o, before, emb, level));
        skips.push(h);
      }
    }
    return h;
  }

  <T> T middle(Ops<T> ops, T x, T emb, Condition<T> condition) {
    UnetLevel deepest = config.allLevels().get(config.allLevels().size() - 1);
    return ops.block("middle", o -> middle(o, x, emb, condition, deepest));
  }

  <T> T embed(Ops<T> ops, T label, Condition<T> condition) {
    int width = config.embeddingWidth();
    T emb = ops.sinusoid(label, config.sinusoidWidth(), config.order(), config.shift());
    emb = ops.linear(ops.silu(ops.linear(emb, "linear1", width, 1)), "linear2", width, 1);
    if (config.classes() > 0) {
      emb = ops.add(emb, classes(ops, condition.classes(), width));
    }
    return act(ops, emb);
  }

  private <T> T classes(Ops<T> ops, T classes, int width) {
    if (config.classEmbedding() != ClassEmbedding.TIMESTEP) {
      return ops.embedding(classes, "classes", config.classes(), width);
    }
    T emb = ops.sinusoid(classes, config.sinusoidWidth(), config.order(), config.shift());
    return ops.linear(ops.silu(ops.linear(emb, "class1", width, 1)), "class2", width, 1);
  }

  private <T> T mix(Ops<T> ops, T x, T emb, UnetLevel level) {
    return ops.block(
        "res", o -> residual(o, x, emb, level.channels(), UnaryOperator.identity(), 1));
  }

  /** What follows a residual block. */
  private <T> T attend(
      Ops<T> ops, T x, Condition<T> condition, UnetLevel level, Attention attention, int heads) {
    return switch (attention) {
      case NONE -> x;
      case SELF -> ops.block("attn", o -> attention(o, x, heads, true, 1));
      case CROSS ->
          ops.block("cross", o -> transformer(level).apply(o, x, condition.context(), last()));
    };
  }

  private Transformer transformer(UnetLevel level) {
    return new Transformer(
        config.heads(level), level.depth() == null ? 1 : level.depth(), config.groups());
  }

  /** A class's token in the context's place; a context that is given goes first. */
  private <T> Condition<T> withContext(Ops<T> ops, Condition<T> given) {
    TransformerConfig tokens = config.transformer();
    T context =
        given.context() != null
            ? given.context()
            : ops.sequence(
                ops.embedding(given.classes(), "context", tokens.classes(), tokens.contextWidth()));
    return new Condition<>(given.classes(), context, given.image(), given.augment());
  }

  private <T> T middle(Ops<T> ops, T x, T emb, Condition<T> condition, UnetLevel level) {
    double scale = config.middleScale();
    int channels = level.channels();
    if (!config.hasMiddle(1)) {
      return x;
    }
    T h = ops.block("res1", o -> residual(o, x, emb, channels, UnaryOperator.identity(), scale));
    int heads = config.heads(level);
    T mixed =
        !config.middleAttention()
            ? h
            : config.middleTransformer()
                ? attend(ops, h, condition, level, Attention.CROSS, heads)
                : ops.block("attn", o -> attention(o, h, heads, config.middleNorm(), scale));
    return config.hasMiddle(2)
        ? ops.block("res2", o -> residual(o, mixed, emb, channels, UnaryOperator.identity(), scale))
        : mixed;
  }

  private <T> T down(Ops<T> ops, T x, T emb, UnetLevel level) {
    return switch (by(level.halve())) {
      case CONV -> ops.conv(x, "conv", level.channels(), 3, 2, config.padding(), 1);
      case RESIDUAL -> residual(ops, x, emb, level.channels(), ops::averagePool, 1);
      case PLAIN -> ops.averagePool(x);
    };
  }

  private <T> T up(Ops<T> ops, T x, T emb, UnetLevel level) {
    return switch (by(level.twice())) {
      case CONV -> ops.conv(ops.upsample(x), "conv", level.channels(), 3, 1, Padding.SYMMETRIC, 1);
      case RESIDUAL -> residual(ops, x, emb, level.channels(), ops::upsample, 1);
      case PLAIN -> ops.upsample(x);
    };
  }

  private Resample by(Resample ofLevel) {
    return ofLevel == null ? config.resample() : ofLevel;
  }

  private <T> T residual(
      Ops<T> ops, T x, T emb, int channels, UnaryOperator<T> resize, double scale) {
    ResidualBlock block =
        new ResidualBlock(
            channels,
            norm(),
            norm(),
            config.activation(),
            config.timing(),
            config.dropout(),
            last());
    return rescale(ops, block.apply(ops, x, emb, resize, false), scale);
  }

  private <T> T attention(Ops<T> ops, T x, int heads, boolean normed, double scale) {
    T in = normed ? norm(ops, x, "norm") : x;
    return rescale(ops, new AttentionLayer(heads).ofPixels(ops, x, in, last()), scale);
  }

  private static <T> T rescale(Ops<T> ops, T x, double scale) {
    return scale == 1 ? x : ops.affine(x, 1 / scale, 0);
  }

  <T> T norm(Ops<T> ops, T x, String name) {
    return norm().apply(ops, x, name);
  }

  private ResidualBlock.Norm norm() {
    return new ResidualBlock.Norm(config.groups(), config.eps());
  }

  private <T> T act(Ops<T> ops, T x) {
    return config.activation() == Activation.SILU ? ops.silu(x) : ops.gelu(x);
  }

  /** Scale of the initial values of a block's last layer. */
  private double last() {
    return config.zeroInit() ? 0 : 1;
  }
}
