package io.jiffusion.network;

import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;

/**
 * The diffusion transformer with adaLN-zero (Peebles, Xie: Scalable Diffusion Models with
 * Transformers, arXiv 2212.09748).
 *
 * <p>Each block has an embedding of time and class of its own, as diffusers stores it; in the
 * original they are all the same.
 *
 * @param config its shape
 */
public record Dit(DitConfig config) implements Network {
  private static final double EPS = 1e-6;

  /** Width of the sinusoidal embedding. */
  private static final int SINUSOID = 256;

  @Override
  public Shape input() {
    return Shape.of(config.inputChannels(), config.size(), config.size());
  }

  @Override
  public int classes() {
    return config.classes();
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    int side = config.size() / config.patch();
    T waves = ops.sinusoid(label, SINUSOID, Order.COS_SIN, config.shift());
    T h =
        ops.tokens(
            ops.conv(x, "in", config.width(), config.patch(), config.patch(), Padding.NONE, 1));
    h = ops.addConstant(h, positions(side, config.width())); // [B, N, width]
    T first = null;
    for (int i = 0; i < config.depth(); i++) {
      T emb = ops.block("block." + i + ".embed", o -> embed(o, waves, condition.classes()));
      first = i == 0 ? emb : first;
      T before = h;
      h = ops.block("block." + i, o -> block(o, before, emb));
    }
    T last = h;
    T emb = first; // the last layer has none of its own
    return ops.block("out", o -> out(o, last, emb, side));
  }

  private <T> T embed(Ops<T> ops, T waves, T classes) {
    int width = config.width();
    T time = ops.linear(ops.silu(ops.linear(waves, "linear1", width, 1)), "linear2", width, 1);
    return ops.silu(ops.add(time, ops.embedding(classes, "classes", config.classes(), width)));
  }

  /** The embedding gives shift, scale and gate of the attention, then of the feed-forward layer. */
  private <T> T block(Ops<T> ops, T x, T emb) {
    int width = config.width();
    T six = ops.linear(emb, "modulation", 6 * width, 0);
    T mixed = attention(ops, modulated(ops, ops.layerNorm(x, EPS), six, 0));
    T h = ops.add(x, ops.multiplyChannels(mixed, ops.channels(six, 2 * width, width)));
    T in = modulated(ops, ops.layerNorm(h, config.feedEps()), six, 3 * width);
    T fed = ops.linear(ops.geluTanh(ops.linear(in, "feed1", 4 * width, 1)), "feed2", width, 1);
    return ops.add(h, ops.multiplyChannels(fed, ops.channels(six, 5 * width, width)));
  }

  private <T> T attention(Ops<T> ops, T x) {
    int width = config.width();
    T mixed = new AttentionLayer(config.heads()).apply(ops, x, x, width);
    return ops.linear(mixed, "out", width, 1);
  }

  private <T> T out(Ops<T> ops, T x, T emb, int side) {
    int patch = config.patch();
    T two = ops.linear(emb, "modulation", 2 * config.width(), 0);
    T h = modulated(ops, ops.layerNorm(x, EPS), two, 0);
    h = ops.linear(h, "linear", patch * patch * config.outputChannels(), 0);
    return ops.unpatch(h, side, side, patch);
  }

  /** By the shift and scale that lie one behind the other from here on. */
  private <T> T modulated(Ops<T> ops, T x, T vectors, int from) {
    int width = config.width();
    return ops.scaleShift(
        x, ops.channels(vectors, from + width, width), ops.channels(vectors, from, width));
  }

  /**
   * Where each patch is: sines, then cosines, of its column in the first half of the channels, of
   * its row in the second.
   */
  private static float[] positions(int side, int width) {
    int quarter = width / 4;
    float[] table = new float[side * side * width];
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < side; column++) {
        int at = (row * side + column) * width;
        for (int i = 0; i < quarter; i++) {
          double frequency = Math.pow(10_000, -(double) i / quarter);
          table[at + i] = (float) Math.sin(column * frequency);
          table[at + quarter + i] = (float) Math.cos(column * frequency);
          table[at + 2 * quarter + i] = (float) Math.sin(row * frequency);
          table[at + 3 * quarter + i] = (float) Math.cos(row * frequency);
        }
      }
    }
    return table;
  }
}
