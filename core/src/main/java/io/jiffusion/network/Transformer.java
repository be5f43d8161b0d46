package io.jiffusion.network;

/**
 * The transformer of latent diffusion (Rombach et al.: High-Resolution Image Synthesis with Latent
 * Diffusion Models, arXiv 2112.10752, appendix E.2.1) in place of a U-Net's attention: an image's
 * pixels attend to each other and to a context.
 *
 * @param heads of both kinds of attention
 * @param depth blocks in a row
 * @param groups of the group norm
 */
record Transformer(int heads, int depth, int groups) {
  private static final double GROUP_EPS = 1e-6;
  private static final double LAYER_EPS = 1e-5;

  /**
   * Applies it.
   *
   * @param x image, [B, C, H, W]
   * @param context what it attends to, [B, L, D]
   * @param initScale scale of the initial values of the last layer
   */
  <T> T apply(Ops<T> ops, T x, T context, double initScale) {
    Shape shape = ops.shape(x);
    int channels = (int) shape.size(1);
    T h = ops.tokens(ops.groupNorm(x, "norm", groups, GROUP_EPS)); // [B, H·W, C]
    h = ops.linear(h, "in", channels, 1);
    for (int i = 0; i < depth; i++) {
      T before = h;
      h = ops.block(Integer.toString(i), o -> block(o, before, context, channels));
    }
    h = ops.linear(h, "out", channels, initScale);
    return ops.add(x, ops.image(h, shape.size(2), shape.size(3)));
  }

  private <T> T block(Ops<T> ops, T x, T context, int channels) {
    T own = ops.layerNorm(x, "norm1", LAYER_EPS);
    T seen = ops.add(x, attention(ops, own, own, "self", channels));
    T asking = ops.layerNorm(seen, "norm2", LAYER_EPS);
    T told = ops.add(seen, attention(ops, asking, context, "cross", channels));
    T thought = ops.block("feed", o -> feed(o, o.layerNorm(told, "norm", LAYER_EPS), channels));
    return ops.add(told, thought);
  }

  private <T> T attention(Ops<T> ops, T x, T of, String name, int channels) {
    AttentionLayer attention = new AttentionLayer(heads, false);
    return ops.block(name, o -> o.linear(attention.apply(o, x, of, channels), "out", channels, 1));
  }

  /** GEGLU (Shazeer: GLU Variants Improve Transformer, arXiv 2002.05202): four times as wide. */
  private static <T> T feed(Ops<T> ops, T x, int channels) {
    int inner = 4 * channels;
    T both = ops.linear(x, "in", 2 * inner, 1);
    T gated =
        ops.multiply(ops.channels(both, 0, inner), ops.gelu(ops.channels(both, inner, inner)));
    return ops.linear(gated, "out", channels, 1);
  }
}
