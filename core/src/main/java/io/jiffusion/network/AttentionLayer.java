package io.jiffusion.network;

/**
 * Attention of several heads (Vaswani and others: Attention is all you need, arXiv 1706.03762), as
 * all networks here have it: linear maps to queries, keys and values.
 *
 * @param heads among which the channels are divided
 * @param bias whether these maps have biases
 */
record AttentionLayer(int heads, boolean bias) {
  AttentionLayer(int heads) {
    this(heads, true);
  }

  /**
   * What tokens gather of others.
   *
   * @param asking whose queries these are, [B, N, C]
   * @param asked where keys and values are from, [B, L, D]
   * @return [B, N, C]
   */
  <T> T apply(Ops<T> ops, T asking, T asked, int channels) {
    return ops.attention(
        ops.linear(asking, "q", channels, 1, bias),
        ops.linear(asked, "k", channels, 1, bias),
        ops.linear(asked, "v", channels, 1, bias),
        heads);
  }

  /**
   * An image with what its pixels gather of each other.
   *
   * @param x image, [B, C, H, W]
   * @param normed the same, normed
   * @param last scale of the initial values of the last layer
   */
  <T> T ofPixels(Ops<T> ops, T x, T normed, double last) {
    Shape shape = ops.shape(x);
    int channels = (int) shape.size(1);
    T tokens = ops.tokens(normed); // [B, H·W, C]
    T out = ops.linear(apply(ops, tokens, tokens, channels), "out", channels, last);
    return ops.add(x, ops.image(out, shape.size(2), shape.size(3)));
  }
}
