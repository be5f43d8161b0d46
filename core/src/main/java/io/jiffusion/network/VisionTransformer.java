package io.jiffusion.network;

/**
 * A transformer that sums an image up (Dosovitskiy et al.: An image is worth 16x16 words, 2021):
 * patches become elements of a sequence, before them one more whose last state is the result. Those
 * of DINOv2 (Oquab et al.: DINOv2, 2023), whose scales of layers are part of the weights here, and
 * of CLIP (Radford et al.: Learning transferable visual models from natural language supervision,
 * 2021).
 *
 * <p>The result is an image of one pixel, [B, features, 1, 1].
 */
public record VisionTransformer(VisionTransformerConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(3, config.size(), config.size());
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    boolean clip = config.clip();
    int width = config.width();
    T patches =
        ops.tokens(
            ops.conv(
                x, "patch", width, config.patch(), config.patch(), Ops.Padding.NONE, 1, !clip));
    // the element before them is nothing but a table: the first patch gives it its shape
    T first = ops.addTable(ops.affine(ops.elements(patches, 0, 1), 0, 0), "first", 0.02);
    T h = ops.addTable(ops.concat(first, patches), "positions", 0.02);
    if (clip) {
      h = ops.layerNorm(h, "before", eps());
    }
    for (int i = 0; i < config.depth(); i++) {
      T in = h;
      h = ops.block("blocks." + i, o -> block(o, in));
    }
    T last = ops.layerNorm(ops.elements(h, 0, 1), "norm", eps());
    return ops.flatten(clip ? ops.linear(last, "projection", config.features(), 1, false) : last);
  }

  private <T> T block(Ops<T> ops, T x) {
    int width = config.width();
    T h = ops.layerNorm(x, "norm1", eps());
    h =
        ops.attention(
            ops.linear(h, "query", width, 1),
            ops.linear(h, "key", width, 1),
            ops.linear(h, "value", width, 1),
            width / VisionTransformerConfig.HEAD);
    T middle = ops.add(x, ops.linear(h, "out", width, 1));
    h = ops.linear(ops.layerNorm(middle, "norm2", eps()), "up", config.inner(), 1);
    h = config.clip() ? quickGelu(ops, h) : ops.gelu(h);
    return ops.add(middle, ops.linear(h, "down", width, 1));
  }

  /** CLIP's {@code x/(1 + e^−1.702x)}. */
  private static <T> T quickGelu(Ops<T> ops, T x) {
    return ops.affine(ops.silu(ops.affine(x, 1.702, 0)), 1 / 1.702, 0);
  }

  private double eps() {
    return config.clip() ? 1e-5 : 1e-6;
  }
}
