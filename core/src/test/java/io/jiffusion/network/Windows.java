package io.jiffusion.network;

/** Oblong filters, pools by window, a concatenation of three and an image of one pixel. */
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
    T square = ops.conv(ops.maxPool(x, Ops.Window.same(3, 3)), "square", 4, Ops.Window.same(5, 5));
    T mean = ops.averagePool(columns, Ops.Window.same(3, 3));
    T three = ops.concat(ops.concat(mean, square), columns);
    T half = ops.conv(three, "half", 3, Ops.Window.of(3, 2));
    T joined = ops.concat(ops.bilinear(half, 9, 11), three);
    T last = ops.conv(joined, "last", 4, Ops.Window.same(3, 5));
    return ops.flatten(ops.tokens(ops.channels(last, 1, 2))); // [B, 2·9·11, 1, 1]
  }
}
