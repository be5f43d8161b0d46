package io.jiffusion.network;

import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.SongUnetConfig.NoiseEmbedding;
import io.jiffusion.network.SongUnetConfig.Norms;
import io.jiffusion.network.SongUnetConfig.Pyramid;
import io.jiffusion.network.UnetConfig.Activation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.UnaryOperator;

/**
 * NCSN++ and DDPM++ (Song et al.: Score-based generative modeling through stochastic differential
 * equations, 2021, appendix H), and the networks that Karras et al. made of them and of ADM
 * (Elucidating the design space of diffusion-based generative models, 2022, appendix F).
 *
 * @param config its shape
 */
public record SongUnet(SongUnetConfig config) implements Network {
  private static final double FOURIER_STD = 16;

  @Override
  public Shape input() {
    return Shape.of(config.inputChannels(), config.height(), config.width());
  }

  /** One more than there are: the last stands for no class. */
  @Override
  public int classes() {
    return config.classes() == 0 ? 0 : config.classes() + 1;
  }

  @Override
  public int augmentWidth() {
    return config.augment();
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    T emb = ops.block("time", o -> embed(o, label, condition));
    T image = config.centerInput() ? ops.affine(x, 2, -1) : x;
    Deque<T> skips = new ArrayDeque<>();
    T h = encode(ops, image, emb, skips);

    T bottom = h;
    Norms norms = config.differing();
    h = ops.block("middle.res1", o -> middle(o, bottom, emb));
    h = attend(ops, h, "middle.attn", norms.middleAttention());
    T mixed = h;
    h = ops.block("middle.res2", o -> middle(o, mixed, emb));

    T out = decode(ops, h, emb, skips);
    return config.divide() ? ops.divide(out, label) : out;
  }

  private <T> T embed(Ops<T> ops, T label, Condition<T> condition) {
    T given = config.logarithm() ? ops.log(label) : label;
    T emb =
        config.noise() == NoiseEmbedding.FOURIER
            ? ops.fourier(given, "frequencies", config.noiseWidth(), config.order(), FOURIER_STD)
            : ops.sinusoid(given, config.noiseWidth(), config.order(), config.shift());
    T classes = config.classes() == 0 ? null : ops.oneHot(condition.classes(), config.classes());
    if (classes != null && !config.classesLast()) {
      T scaled = ops.affine(classes, Math.sqrt(config.classes()), 0);
      emb = ops.add(emb, ops.linear(scaled, "classes", config.noiseWidth(), 1));
    }
    if (condition.augment() != null) {
      emb = ops.add(emb, ops.linear(condition.augment(), "augment", config.noiseWidth(), 0, false));
    }
    emb = ops.silu(ops.linear(emb, "linear1", config.embedding(), 1));
    emb = ops.linear(emb, "linear2", config.embedding(), 1);
    if (classes != null && config.classesLast()) {
      emb = ops.add(emb, ops.linear(classes, "classes", config.embedding(), 1, false));
    }
    return ops.silu(emb);
  }

  private <T> T encode(Ops<T> ops, T image, T emb, Deque<T> skips) {
    T small = image; // the image at the size of the level, or its own way
    T h = ops.conv(image, "in", config.stem(), 3, 1, Padding.SYMMETRIC, 1);
    skips.push(h);
    int last = config.multipliers().size() - 1;
    for (int i = 0; i <= last; i++) {
      int channels = config.channels() * config.multipliers().get(i);
      for (int j = 0; j < config.blocks(); j++) {
        String name = "down." + i + "." + j;
        T before = h;
        h = ops.block(name + ".res", o -> residual(o, before, emb, channels, 0, 0));
        if (config.attends(ops.shape(h).size(2))) {
          h = attend(ops, h, name + ".attn", config.differing().attention());
        }
        skips.push(h);
      }
      if (i < last) {
        T before = h;
        h = ops.block("down." + i + ".sample", o -> down(o, before, emb));
        int wide = channels(ops, h);
        if (config.encoder() == Pyramid.SKIP) {
          small = halved(ops, small);
          T seen = ops.conv(small, "down." + i + ".skip", wide, 1, 1, Padding.SYMMETRIC, 1);
          h = config.concatenate() ? ops.concat(seen, h) : ops.add(seen, h);
        } else if (config.encoder() == Pyramid.RESIDUAL) {
          small = rescaled(ops, ops.add(convDown(ops, small, "down." + i + ".skip", wide), h));
          h = small;
        }
        skips.push(h);
      }
    }
    return h;
  }

  private <T> T decode(Ops<T> ops, T x, T emb, Deque<T> skips) {
    T h = x;
    T said = null; // the output at the size of the level, or its own way
    int last = config.multipliers().size() - 1;
    for (int i = last; i >= 0; i--) {
      int channels = config.channels() * config.multipliers().get(i);
      boolean attends = config.attends(ops.shape(h).size(2));
      int joined = attends ? config.differing().joined() : 0;
      for (int j = 0; j <= config.blocks(); j++) {
        String name = "up." + i + "." + j;
        T before = h;
        T skip = skips.pop();
        h =
            ops.block(
                name + ".res", o -> residual(o, o.concat(before, skip), emb, channels, joined, 0));
        if (attends && (j == config.blocks() || !config.attendOnce())) {
          h = attend(ops, h, name + ".attn", config.differing().attention());
        }
      }
      String level = "up." + i;
      if (config.decoder() == Pyramid.SKIP) {
        int groups = i == 0 ? config.differing().out() : 0;
        T more = said(ops, h, level, config.outputChannels(), groups);
        said = said == null ? more : ops.add(doubled(ops, said), more);
      } else if (config.decoder() == Pyramid.RESIDUAL) {
        said =
            said == null
                ? said(ops, h, level, channels(ops, h), 0)
                : rescaled(ops, ops.add(convUp(ops, said, level + ".skip", channels(ops, h)), h));
        h = i == last ? h : said;
      }
      if (i > 0) {
        T before = h;
        h = ops.block(level + ".sample", o -> up(o, before, emb));
      }
    }
    return config.decoder() == Pyramid.SKIP
        ? said
        : said(ops, h, "out", config.outputChannels(), config.differing().out());
  }

  /** What the features say. */
  private <T> T said(Ops<T> ops, T h, String name, int channels, int groups) {
    return ops.block(
        name,
        o ->
            o.conv(
                o.silu(norm(o, h, "norm", groups)), "conv", channels, 3, 1, Padding.SYMMETRIC, 0));
  }

  private <T> T middle(Ops<T> ops, T x, T emb) {
    int groups = config.differing().middle();
    return residual(ops, x, emb, channels(ops, x), groups, groups);
  }

  /** A residual block; {@code first} and {@code second} are groups of its norms, 0 by the rule. */
  private <T> T residual(Ops<T> ops, T x, T emb, int channels, int first, int second) {
    return rescaled(
        ops,
        block(channels, norm(channels(ops, x), first), norm(channels, second))
            .apply(ops, x, emb, UnaryOperator.identity(), false));
  }

  /** A residual block that halves or doubles. */
  private <T> T resizing(Ops<T> ops, T x, T emb, UnaryOperator<T> resize) {
    int channels = channels(ops, x);
    return rescaled(
        ops,
        block(channels, norm(channels, 0), norm(channels, 0))
            .apply(ops, x, emb, resize, config.project()));
  }

  private ResidualBlock block(int channels, ResidualBlock.Norm first, ResidualBlock.Norm second) {
    return new ResidualBlock(
        channels, first, second, Activation.SILU, config.timing(), config.dropout(), 0);
  }

  private <T> T attend(Ops<T> ops, T x, String name, int groups) {
    int channels = channels(ops, x);
    int heads = config.headWidth() == 0 ? 1 : channels / config.headWidth();
    return heads == 0 ? x : ops.block(name, o -> attention(o, x, heads, groups));
  }

  private <T> T attention(Ops<T> ops, T x, int heads, int groups) {
    return rescaled(
        ops, new AttentionLayer(heads).ofPixels(ops, x, norm(ops, x, "norm", groups), 0));
  }

  // ---- other sizes ----

  private <T> T down(Ops<T> ops, T x, T emb) {
    return switch (config.resample()) {
      case RESIDUAL -> resizing(ops, x, emb, image -> halved(ops, image));
      case CONV -> convDown(ops, x, "conv", channels(ops, x));
      case PLAIN -> halved(ops, x);
    };
  }

  private <T> T up(Ops<T> ops, T x, T emb) {
    return switch (config.resample()) {
      case RESIDUAL -> resizing(ops, x, emb, image -> doubled(ops, image));
      case CONV -> convUp(ops, x, "conv", channels(ops, x));
      case PLAIN -> doubled(ops, x);
    };
  }

  private <T> T halved(Ops<T> ops, T x) {
    return isPlain() ? ops.averagePool(x) : ops.filterDown(x, config.taps(), margin());
  }

  private <T> T doubled(Ops<T> ops, T x) {
    return isPlain() ? ops.upsample(x) : ops.filterUp(x, config.taps(), margin());
  }

  /** Whether the filter is a mean of two, or none. */
  private boolean isPlain() {
    return config.filter().size() == 0
        || config.filter().size() == 2 && config.filter().get(0).equals(config.filter().get(1));
  }

  private int margin() {
    return (config.filter().size() - 1) / 2;
  }

  /** A convolution at the full size, and half of it through the filter. */
  private <T> T convDown(Ops<T> ops, T x, String name, int channels) {
    if (config.filter().size() == 0) {
      return ops.conv(x, name, channels, 3, 2, Padding.BOTTOM_RIGHT, 1);
    }
    T wide = margin() == 0 ? x : ops.pad(x, margin());
    T h = ops.conv(wide, name, channels, 3, 1, Padding.SYMMETRIC, 1);
    return isPlain() ? ops.averagePool(h) : ops.filterDown(h, config.taps(), 0);
  }

  /** Twice the size through the filter, and a convolution there. */
  private <T> T convUp(Ops<T> ops, T x, String name, int channels) {
    if (margin() == 0) {
      return ops.conv(ops.upsample(x), name, channels, 3, 1, Padding.SYMMETRIC, 1);
    }
    T wide = ops.filterUp(x, config.taps(), margin() - 1);
    return ops.conv(wide, name, channels, 3, 1, Padding.NONE, 1);
  }

  private <T> T rescaled(Ops<T> ops, T x) {
    return config.rescale() ? ops.affine(x, Math.sqrt(0.5), 0) : x;
  }

  private <T> T norm(Ops<T> ops, T x, String name, int groups) {
    return norm(channels(ops, x), groups).apply(ops, x, name);
  }

  private ResidualBlock.Norm norm(int channels, int groups) {
    return new ResidualBlock.Norm(config.groups(channels, groups), config.eps());
  }

  private static <T> int channels(Ops<T> ops, T x) {
    return (int) ops.shape(x).size(1);
  }
}
