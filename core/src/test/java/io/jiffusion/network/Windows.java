package io.jiffusion.network;

/** Oblong filters, means by window, a concatenation of three and an image of one pixel. */
record Windows() implements Network {
  @Override
  public Shape input() {
    return Shape.of(2, 9, 11);
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    T rows = ops.silu(ops.conv(x, "rows", 5, Ops.Window.same(1, 7)));
    T columns = ops.silu(ops.conv(rows, "columns", 6, Ops.Window.same(7, 1)));
    T square = ops.conv(x, "square", 4, Ops.Window.same(5, 5));
    T mean = ops.averagePool(columns, Ops.Window.same(3, 3));
    T three = ops.concat(ops.concat(mean, square), columns);
    T half = ops.conv(three, "half", 3, Ops.Window.of(3, 2)); // [B, 3, 4, 5]
    T flat = ops.flatten(ops.tokens(ops.channels(half, 1, 2))); // [B, 40, 1, 1]
    T one = ops.conv(flat, "one", 3, Ops.Window.of(1, 1));
    T joined = ops.concat(ops.bilinear(one, 9, 11), three);
    return ops.conv(joined, "last", 2, Ops.Window.same(3, 5));
  }
}
