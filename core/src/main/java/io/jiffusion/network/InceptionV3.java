package io.jiffusion.network;

import java.util.List;

/**
 * Inception v3 as the field measures with it (Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking
 * the Inception architecture for computer vision, 2016), in the variant of TensorFlow's weights of
 * 2015: pools of means do not count the zeros around an image, the pool of the last block takes the
 * largest number, and there are 1008 classes. Batch norms are part of the filters before them.
 *
 * <p>Its one output holds all that is wanted of it, as an image of one pixel: {@link #FEATURES} of
 * four layers, each the mean over the image, then {@link #LOGITS} without their bias, then {@link
 * #SPATIAL}, 7 channels of a layer in the middle, pixel after pixel, which sFID compares.
 */
public record InceptionV3() implements Network {
  /** Height and width of the images. */
  public static final int SIZE = 299;

  /** Features of the four layers. */
  public static final List<Integer> FEATURES = List.of(64, 192, 768, 2048);

  public static final int LOGITS = 1008;

  /** 17×17 pixels of 7 channels. */
  public static final int SPATIAL = 17 * 17 * 7;

  /** Half of an image's size, and nearly so. */
  private static final Ops.Window HALVING = Ops.Window.of(3, 2);

  @Override
  public Shape input() {
    return Shape.of(3, SIZE, SIZE);
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    T h = conv(ops, x, "Conv2d_1a_3x3", 32, HALVING);
    h = conv(ops, h, "Conv2d_2a_3x3", 32, Ops.Window.of(3, 1));
    h = same(ops, h, "Conv2d_2b_3x3", 64, 3, 3);
    T first = ops.maxPool(h, HALVING); // [B, 64, 73, 73]
    h = same(ops, first, "Conv2d_3b_1x1", 80, 1, 1);
    h = conv(ops, h, "Conv2d_4a_3x3", 192, Ops.Window.of(3, 1));
    T second = ops.maxPool(h, HALVING); // [B, 192, 35, 35]
    h = a(ops, second, "Mixed_5b", 32);
    h = a(ops, h, "Mixed_5c", 64);
    h = a(ops, h, "Mixed_5d", 64);
    h = b(ops, h, "Mixed_6a"); // [B, 768, 17, 17]
    h = c(ops, h, "Mixed_6b", 128);
    h = c(ops, h, "Mixed_6c", 160);
    T spatial = single(ops, h, "Mixed_6d");
    h = c(ops, h, "Mixed_6d", 160, spatial);
    T third = c(ops, h, "Mixed_6e", 192);
    h = d(ops, third, "Mixed_7a"); // [B, 1280, 8, 8]
    h = e(ops, h, "Mixed_7b", false);
    h = e(ops, h, "Mixed_7c", true);
    T last = mean(ops, h);
    T logits = ops.conv(last, "fc", LOGITS, 1, 1, Ops.Padding.NONE, 1, false);
    T seven = ops.flatten(ops.tokens(ops.channels(spatial, 0, 7)));
    T all = ops.concat(mean(ops, first), mean(ops, second));
    all = ops.concat(ops.concat(all, mean(ops, third)), last);
    return ops.concat(ops.concat(all, logits), seven);
  }

  private static <T> T mean(Ops<T> ops, T x) {
    int size = (int) ops.shape(x).size(2);
    return ops.averagePool(x, Ops.Window.of(size, 1));
  }

  /** Filters, of which each has a batch norm in it, and what is below 0 cut off. */
  private static <T> T conv(Ops<T> ops, T x, String name, int out, Ops.Window window) {
    return ops.relu(ops.conv(x, name, out, window));
  }

  private static <T> T same(Ops<T> ops, T x, String name, int out, int height, int width) {
    return conv(ops, x, name, out, Ops.Window.same(height, width));
  }

  private static <T> T join(Ops<T> ops, T a, T b, T c, T d) {
    return ops.concat(ops.concat(ops.concat(a, b), c), d);
  }

  /** Means over 3×3 pixels, then a layer. */
  private static <T> T pooled(Ops<T> ops, T x, int out) {
    return same(ops, ops.averagePool(x, Ops.Window.same(3, 3)), "branch_pool", out, 1, 1);
  }

  /** 35×35 pixels: figure 5 of the paper, with 5×5 filters in one branch. */
  private static <T> T a(Ops<T> ops, T x, String name, int pool) {
    return ops.block(
        name,
        o -> {
          T five = same(o, x, "branch5x5_1", 48, 1, 1);
          five = same(o, five, "branch5x5_2", 64, 5, 5);
          T three = same(o, x, "branch3x3dbl_1", 64, 1, 1);
          three = same(o, three, "branch3x3dbl_2", 96, 3, 3);
          three = same(o, three, "branch3x3dbl_3", 96, 3, 3);
          return join(o, same(o, x, "branch1x1", 64, 1, 1), five, three, pooled(o, x, pool));
        });
  }

  /** From 35×35 to 17×17 pixels. */
  private static <T> T b(Ops<T> ops, T x, String name) {
    return ops.block(
        name,
        o -> {
          T twice = same(o, x, "branch3x3dbl_1", 64, 1, 1);
          twice = same(o, twice, "branch3x3dbl_2", 96, 3, 3);
          twice = conv(o, twice, "branch3x3dbl_3", 96, HALVING);
          T once = conv(o, x, "branch3x3", 384, HALVING);
          return o.concat(o.concat(once, twice), o.maxPool(x, HALVING));
        });
  }

  /** 17×17 pixels: figure 6 of the paper, 7×7 filters as rows and columns. */
  private static <T> T c(Ops<T> ops, T x, String name, int width) {
    return c(ops, x, name, width, single(ops, x, name));
  }

  /** The first branch of such a block. */
  private static <T> T single(Ops<T> ops, T x, String name) {
    return ops.block(name, o -> same(o, x, "branch1x1", 192, 1, 1));
  }

  private static <T> T c(Ops<T> ops, T x, String name, int width, T single) {
    return ops.block(
        name,
        o -> {
          T seven = same(o, x, "branch7x7_1", width, 1, 1);
          seven = same(o, seven, "branch7x7_2", width, 1, 7);
          seven = same(o, seven, "branch7x7_3", 192, 7, 1);
          T twice = same(o, x, "branch7x7dbl_1", width, 1, 1);
          twice = same(o, twice, "branch7x7dbl_2", width, 7, 1);
          twice = same(o, twice, "branch7x7dbl_3", width, 1, 7);
          twice = same(o, twice, "branch7x7dbl_4", width, 7, 1);
          twice = same(o, twice, "branch7x7dbl_5", 192, 1, 7);
          return join(o, single, seven, twice, pooled(o, x, 192));
        });
  }

  /** From 17×17 to 8×8 pixels. */
  private static <T> T d(Ops<T> ops, T x, String name) {
    return ops.block(
        name,
        o -> {
          T three = same(o, x, "branch3x3_1", 192, 1, 1);
          three = conv(o, three, "branch3x3_2", 320, HALVING);
          T seven = same(o, x, "branch7x7x3_1", 192, 1, 1);
          seven = same(o, seven, "branch7x7x3_2", 192, 1, 7);
          seven = same(o, seven, "branch7x7x3_3", 192, 7, 1);
          seven = conv(o, seven, "branch7x7x3_4", 192, HALVING);
          return o.concat(o.concat(three, seven), o.maxPool(x, HALVING));
        });
  }

  /** 8×8 pixels: figure 7 of the paper, rows and columns side by side. */
  private static <T> T e(Ops<T> ops, T x, String name, boolean largest) {
    return ops.block(
        name,
        o -> {
          T three = split(o, same(o, x, "branch3x3_1", 384, 1, 1), "branch3x3_2");
          T twice = same(o, x, "branch3x3dbl_1", 448, 1, 1);
          twice = split(o, same(o, twice, "branch3x3dbl_2", 384, 3, 3), "branch3x3dbl_3");
          T pool =
              largest
                  ? same(o, o.maxPool(x, Ops.Window.same(3, 3)), "branch_pool", 192, 1, 1)
                  : pooled(o, x, 192);
          return join(o, same(o, x, "branch1x1", 320, 1, 1), three, twice, pool);
        });
  }

  private static <T> T split(Ops<T> ops, T x, String name) {
    return ops.concat(same(ops, x, name + "a", 384, 1, 3), same(ops, x, name + "b", 384, 3, 1));
  }
}
