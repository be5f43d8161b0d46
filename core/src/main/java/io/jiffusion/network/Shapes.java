package io.jiffusion.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A network run on shapes alone: its parameters, the shape of every value, and the cost of every
 * operation. Needs no native library.
 */
public final class Shapes implements Ops<Shape> {

  /**
   * One operation of an evaluation.
   *
   * @param name where, such as {@code down.0.res.1.conv1}
   * @param kind what, such as {@code conv3x3}
   * @param output shape of the result
   * @param parameters how many numbers it has learned
   * @param flops additions and multiplications
   */
  public record Operation(String name, String kind, Shape output, long parameters, long flops) {}

  /** Length of a context where costs are counted: that of CLIP's texts. */
  public static final int CONTEXT = 77;

  private final String prefix;
  private final Map<String, Parameter> parameters;
  private final List<Operation> operations;
  private final Sum sum;
  private Shape output;

  private Shapes(
      String prefix, Map<String, Parameter> parameters, List<Operation> operations, Sum sum) {
    this.prefix = prefix;
    this.parameters = parameters;
    this.operations = operations;
    this.sum = sum;
  }

  private Shapes() {
    this("", new LinkedHashMap<>(), new ArrayList<>(), new Sum());
  }

  /** What a network and all of its blocks have. */
  private static final class Sum {
    private long parameters;
    private long flops;
  }

  /**
   * Runs a network on a batch of this many images.
   *
   * @throws IllegalArgumentException if sizes do not fit together somewhere in the network
   */
  public static Shapes of(Network network, int images) {
    Shapes shapes = new Shapes();
    Shape one = network.input();
    Shape classes = network.classes() > 0 ? Shape.of(images) : null;
    Shape context =
        network.contextWidth() > 0 && !network.contextOfClass()
            ? Shape.of(images, CONTEXT, network.contextWidth())
            : null;
    Shape image = network.image();
    Shape beside =
        image == null ? null : Shape.of(images, image.size(0), image.size(1), image.size(2));
    Shape augment = network.augmentWidth() > 0 ? Shape.of(images, network.augmentWidth()) : null;
    shapes.output =
        network.apply(
            shapes,
            Shape.of(images, one.size(0), one.size(1), one.size(2)),
            Shape.of(images),
            new Condition<>(classes, context, beside, augment));
    return shapes;
  }

  /** For networks that are applied by the caller. */
  public static Ops<Shape> ops() {
    return new Shapes();
  }

  /** The parameters, in the order in which the network first asks for them. */
  public Collection<Parameter> parameters() {
    return parameters.values();
  }

  /** Shape of the network's result. */
  public Shape output() {
    return output;
  }

  /** The operations that cost arithmetic, in order. */
  public List<Operation> operations() {
    return operations;
  }

  /** Numbers learned. */
  public long parameterCount() {
    return sum.parameters;
  }

  /**
   * Additions and multiplications of one evaluation of the whole batch, in convolutions, linear
   * layers and attention.
   */
  public long flops() {
    return sum.flops;
  }

  @Override
  public Shape block(String name, Function<Ops<Shape>, Shape> body) {
    return body.apply(new Shapes(prefix + name + ".", parameters, operations, sum));
  }

  @Override
  public Shape shape(Shape x) {
    return x;
  }

  @Override
  public Shape conv(
      Shape x,
      String name,
      int out,
      int kernel,
      int stride,
      Padding padding,
      double initScale,
      boolean bias) {
    need(x.rank() == 4, name, "a convolution needs an image, not " + x);
    long in = x.size(1);
    long area = (long) kernel * kernel;
    parameter(
        name + ".weight",
        Shape.of(out, in, kernel, kernel),
        Init.fanAverage(initScale, in * area, out * area));
    if (bias) {
      parameter(name + ".bias", Shape.of(out), Init.ZERO);
    }
    long margin =
        switch (padding) {
          case SYMMETRIC -> 2L * (kernel / 2);
          case BOTTOM_RIGHT -> 1;
          case NONE -> 0;
        };
    Shape result =
        Shape.of(
            x.size(0),
            out,
            (x.size(2) + margin - kernel) / stride + 1,
            (x.size(3) + margin - kernel) / stride + 1);
    record(
        name,
        "conv" + kernel + "x" + kernel,
        result,
        out * in * area + (bias ? out : 0),
        cost(name, result, 2, in, area));
    return result;
  }

  @Override
  public Shape conv(Shape x, String name, int out, Window window) {
    need(x.rank() == 4, name, "a convolution needs an image, not " + x);
    long in = x.size(1);
    long area = (long) window.height() * window.width();
    parameter(
        name + ".weight",
        Shape.of(out, in, window.height(), window.width()),
        Init.fanAverage(1, in * area, out * area));
    parameter(name + ".bias", Shape.of(out), Init.ZERO);
    Shape result = Shape.of(x.size(0), out, along(x, 2, window), along(x, 3, window));
    record(
        name,
        "conv" + window.height() + "x" + window.width(),
        result,
        out * in * area + out,
        cost(name, result, 2, in, area));
    return result;
  }

  /** Places of a window along an axis of an image. */
  private static long along(Shape x, int axis, Window window) {
    long zeros = 2L * (axis == 2 ? window.rows() : window.columns());
    int size = axis == 2 ? window.height() : window.width();
    return (x.size(axis) + zeros - size) / window.stride() + 1;
  }

  @Override
  public Shape linear(Shape x, String name, int out, double initScale, boolean bias) {
    long in = x.size(x.rank() - 1);
    parameter(name + ".weight", Shape.of(out, in), Init.fanAverage(initScale, in, out));
    if (bias) {
      parameter(name + ".bias", Shape.of(out), Init.ZERO);
    }
    long[] sizes = x.sizes().clone();
    sizes[sizes.length - 1] = out;
    Shape result = new Shape(sizes);
    record(name, "linear", result, out * in + (bias ? out : 0), cost(name, result, 2, in));
    return result;
  }

  @Override
  public Shape groupNorm(Shape x, String name, int groups, double eps) {
    need(
        x.size(1) % groups == 0,
        name,
        x.size(1) + " channels cannot be split into " + groups + " groups");
    parameter(name + ".weight", Shape.of(x.size(1)), Init.ONE);
    parameter(name + ".bias", Shape.of(x.size(1)), Init.ZERO);
    record(name, "groupNorm", x, 2 * x.size(1), 0);
    return x;
  }

  @Override
  public Shape layerNorm(Shape x, String name, double eps) {
    long width = x.size(x.rank() - 1);
    parameter(name + ".weight", Shape.of(width), Init.ONE);
    parameter(name + ".bias", Shape.of(width), Init.ZERO);
    record(name, "layerNorm", x, 2 * width, 0);
    return x;
  }

  @Override
  public Shape layerNorm(Shape x, double eps) {
    return x;
  }

  @Override
  public Shape geluTanh(Shape x) {
    return x;
  }

  @Override
  public Shape relu(Shape x) {
    return x;
  }

  @Override
  public Shape tanh(Shape x) {
    return x;
  }

  @Override
  public Shape multiply(Shape a, Shape b) {
    need(a.equals(b), "multiply", a + " does not fit " + b);
    return a;
  }

  @Override
  public Shape sequence(Shape vector) {
    return Shape.of(vector.size(0), 1, vector.size(1));
  }

  @Override
  public Shape elements(Shape x, int from, int count) {
    need(
        from + count <= x.size(1), "elements", "no " + from + " to " + (from + count) + " in " + x);
    return Shape.of(x.size(0), count, x.size(2));
  }

  @Override
  public Shape fourier(Shape label, String name, int width, Order order, double std) {
    need(width % 2 == 0, name, "width " + width + " must be even");
    parameter(new Parameter(prefix + name, Shape.of(width / 2), Init.normal(std), false));
    return Shape.of(label.size(0), width);
  }

  @Override
  public Shape log(Shape label) {
    return label;
  }

  @Override
  public Shape divide(Shape image, Shape label) {
    return image;
  }

  @Override
  public Shape addTable(Shape sequence, String name, double std) {
    parameter(name, Shape.of(sequence.size(1), sequence.size(2)), Init.normal(std));
    record(name, "table", sequence, sequence.size(1) * sequence.size(2), 0);
    return sequence;
  }

  @Override
  public Shape addConstant(Shape sequence, float[] values) {
    need(
        values.length == sequence.size(1) * sequence.size(2),
        "addConstant",
        values.length + " values do not fit " + sequence);
    return sequence;
  }

  @Override
  public Shape silu(Shape x) {
    return x;
  }

  @Override
  public Shape gelu(Shape x) {
    return x;
  }

  @Override
  public Shape add(Shape a, Shape b) {
    need(a.equals(b), "add", a + " does not fit " + b);
    return a;
  }

  @Override
  public Shape affine(Shape x, double factor, double term) {
    return x;
  }

  @Override
  public Shape addChannels(Shape x, Shape vector) {
    need(
        vector.equals(Shape.of(x.size(0), x.size(1))),
        "addChannels",
        vector + " does not fit " + x);
    return x;
  }

  @Override
  public Shape scaleShift(Shape x, Shape scale, Shape shift) {
    return multiplyChannels(multiplyChannels(x, scale), shift);
  }

  @Override
  public Shape multiplyChannels(Shape x, Shape vector) {
    need(
        vector.equals(Shape.of(x.size(0), x.size(x.rank() == 3 ? 2 : 1))),
        "multiplyChannels",
        vector + " does not fit " + x);
    return x;
  }

  @Override
  public Shape concat(Shape a, Shape b) {
    boolean fits = a.rank() == b.rank();
    long[] sizes = a.sizes().clone();
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      fits = axis == 1 || sizes[axis] == b.size(axis);
    }
    need(fits, "concat", a + " does not fit " + b);
    sizes[1] += b.size(1);
    return new Shape(sizes);
  }

  @Override
  public Shape channels(Shape x, int from, int count) {
    int axis = x.rank() == 3 ? 2 : 1;
    need(
        from + count <= x.size(axis),
        "channels",
        "no channels " + from + " to " + (from + count) + " in " + x);
    long[] sizes = x.sizes().clone();
    sizes[axis] = count;
    return new Shape(sizes);
  }

  @Override
  public Shape upsample(Shape x) {
    return Shape.of(x.size(0), x.size(1), 2 * x.size(2), 2 * x.size(3));
  }

  @Override
  public Shape bilinear(Shape x, long height, long width) {
    return Shape.of(x.size(0), x.size(1), height, width);
  }

  @Override
  public Shape averagePool(Shape x, Window window) {
    return pool("averagePool", x, window);
  }

  @Override
  public Shape maxPool(Shape x, Window window) {
    return pool("maxPool", x, window);
  }

  private Shape pool(String name, Shape x, Window window) {
    long high = x.size(2) + 2L * window.rows() - window.height();
    long wide = x.size(3) + 2L * window.columns() - window.width();
    need(
        high >= 0 && wide >= 0 && high % window.stride() == 0 && wide % window.stride() == 0,
        name,
        "windows of "
            + window.height()
            + "x"
            + window.width()
            + " with stride "
            + window.stride()
            + " do not fit "
            + x);
    return Shape.of(x.size(0), x.size(1), along(x, 2, window), along(x, 3, window));
  }

  @Override
  public Shape pad(Shape x, int margin) {
    return Shape.of(x.size(0), x.size(1), x.size(2) + 2L * margin, x.size(3) + 2L * margin);
  }

  @Override
  public Shape filterDown(Shape x, float[] taps, int margin) {
    long less = 2L * margin - taps.length;
    return Shape.of(x.size(0), x.size(1), (x.size(2) + less) / 2 + 1, (x.size(3) + less) / 2 + 1);
  }

  @Override
  public Shape filterUp(Shape x, float[] taps, int crop) {
    long more = taps.length - 2L - 2L * crop;
    return Shape.of(x.size(0), x.size(1), 2 * x.size(2) + more, 2 * x.size(3) + more);
  }

  @Override
  public Shape oneHot(Shape classes, int rows) {
    return Shape.of(classes.size(0), rows);
  }

  @Override
  public Shape mean(Shape x) {
    return Shape.of(x.size(0), x.size(1));
  }

  @Override
  public Shape tokens(Shape x) {
    return Shape.of(x.size(0), x.size(2) * x.size(3), x.size(1));
  }

  @Override
  public Shape flatten(Shape x) {
    return Shape.of(x.size(0), x.size(1) * x.size(2), 1, 1);
  }

  @Override
  public Shape image(Shape x, long height, long width) {
    need(x.size(1) == height * width, "image", x + " has no " + height + "x" + width + " pixels");
    return Shape.of(x.size(0), x.size(2), height, width);
  }

  @Override
  public Shape unpatch(Shape x, long height, long width, int patch) {
    need(
        x.size(1) == height * width && x.size(2) % (patch * patch) == 0,
        "unpatch",
        x + " is no " + height + "x" + width + " patches of " + patch + "x" + patch);
    return Shape.of(x.size(0), x.size(2) / (patch * patch), height * patch, width * patch);
  }

  @Override
  public Shape attention(Shape q, Shape k, Shape v, int heads) {
    need(
        q.size(2) % heads == 0,
        "attention",
        q.size(2) + " channels cannot be split into " + heads + " heads");
    need(
        k.equals(v) && k.size(0) == q.size(0) && k.size(2) == q.size(2),
        "attention",
        "queries " + q + ", keys " + k + " and values " + v + " do not fit");
    record("attention", "attention", q, 0, cost("attention", q, 4, k.size(1)));
    return q;
  }

  @Override
  public Shape sinusoid(Shape label, int width, Order order, int shift) {
    need(
        width % 2 == 0 && width / 2 > shift,
        "sinusoid",
        "width " + width + " must be even and above " + 2 * shift);
    return Shape.of(label.size(0), width);
  }

  @Override
  public Shape embedding(Shape index, String name, int rows, int width) {
    parameter(name + ".weight", Shape.of(rows, width), Init.normal(1));
    record(name, "embedding", Shape.of(index.size(0), width), (long) rows * width, 0);
    return Shape.of(index.size(0), width);
  }

  @Override
  public Shape dropout(Shape x, String name, double p) {
    return x;
  }

  private void parameter(String name, Shape shape, Init init) {
    parameter(new Parameter(prefix + name, shape, init, true));
  }

  private void parameter(Parameter asked) {
    Parameter known = parameters.putIfAbsent(asked.name(), asked);
    if (known == null) {
      long count = Sizes.product(asked.name(), asked.shape().sizes());
      need(
          count <= Sizes.PARAMETER,
          asked,
          asked.shape() + " has too many numbers, must be at most " + Sizes.PARAMETER);
      sum.parameters += count;
      need(
          sum.parameters <= Sizes.PARAMETERS,
          asked,
          "there are more than " + Sizes.PARAMETERS + " parameters, must be fewer");
    } else if (!known.shape().equals(asked.shape())) {
      throw new IllegalArgumentException(
          "illegal network at "
              + asked.name()
              + ": is asked for as "
              + asked.shape()
              + " and as "
              + known.shape());
    }
  }

  private void record(String name, String kind, Shape output, long count, long flops) {
    need(
        operations.size() < Sizes.LAYERS,
        name,
        "there are more than " + Sizes.LAYERS + " layers, must be fewer");
    operations.add(new Operation(prefix + name, kind, output, count, flops));
    sum.flops += flops;
    need(sum.flops >= 0, name, "its arithmetic is beyond all numbers, must be less");
  }

  /** So many operations for each number of the result. */
  private long cost(String name, Shape result, long... each) {
    return Sizes.product(
        prefix + name,
        Sizes.product(prefix + name, each),
        Sizes.product(prefix + name, result.sizes()));
  }

  private static void need(boolean condition, Parameter asked, String problem) {
    if (!condition) {
      throw new IllegalArgumentException("illegal network at " + asked.name() + ": " + problem);
    }
  }

  private void need(boolean condition, String name, String problem) {
    if (!condition) {
      throw new IllegalArgumentException("illegal network at " + prefix + name + ": " + problem);
    }
  }
}
