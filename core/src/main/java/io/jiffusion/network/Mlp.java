package io.jiffusion.network;

/**
 * A perceptron with residual hidden layers for points in the plane: the network of the tutorials on
 * toy data.
 *
 * @param config its shape
 */
public record Mlp(MlpConfig config) implements Network {

  @Override
  public Shape input() {
    return Shape.of(config.inputs(), 1, 1);
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    T emb = ops.sinusoid(label, config.embedding(), Ops.Order.SIN_COS, 1);
    emb = ops.silu(ops.linear(emb, "time", config.width(), 1)); // [B, width]
    T h = dense(ops, x, "in", config.width());
    for (int i = 0; i < config.depth(); i++) {
      T before = h;
      T time = emb;
      h =
          ops.block(
              "hidden." + i,
              o -> {
                T joined = o.addChannels(before, o.linear(time, "time", config.width(), 1));
                return o.add(before, dense(o, o.silu(joined), "dense", config.width()));
              });
    }
    return dense(ops, ops.silu(h), "out", config.inputs()); // [B, inputs, 1, 1]
  }

  /** A linear layer for every pixel, of which there is one. */
  private static <T> T dense(Ops<T> ops, T x, String name, int out) {
    return ops.conv(x, name, out, 1, 1, Ops.Padding.SYMMETRIC, 1);
  }
}
