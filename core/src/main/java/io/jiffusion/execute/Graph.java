package io.jiffusion.execute;

import io.jiffusion.execute.Operation.AddChannels;
import io.jiffusion.execute.Operation.AddTable;
import io.jiffusion.execute.Operation.Attention;
import io.jiffusion.execute.Operation.Bilinear;
import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Conv;
import io.jiffusion.execute.Operation.Divide;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Embedding;
import io.jiffusion.execute.Operation.Filter;
import io.jiffusion.execute.Operation.Flatten;
import io.jiffusion.execute.Operation.Fourier;
import io.jiffusion.execute.Operation.Function;
import io.jiffusion.execute.Operation.Given;
import io.jiffusion.execute.Operation.GroupNorm;
import io.jiffusion.execute.Operation.Input;
import io.jiffusion.execute.Operation.LayerNorm;
import io.jiffusion.execute.Operation.Linear;
import io.jiffusion.execute.Operation.Log;
import io.jiffusion.execute.Operation.MultiplyChannels;
import io.jiffusion.execute.Operation.OneHot;
import io.jiffusion.execute.Operation.Pad;
import io.jiffusion.execute.Operation.Pool;
import io.jiffusion.execute.Operation.Reshape;
import io.jiffusion.execute.Operation.ScaleShift;
import io.jiffusion.execute.Operation.Sequence;
import io.jiffusion.execute.Operation.Sinusoid;
import io.jiffusion.execute.Operation.Unknown;
import io.jiffusion.execute.Operation.Unpatch;
import io.jiffusion.execute.Operation.Upsample;
import io.jiffusion.execute.Operation.WindowConv;
import io.jiffusion.network.Condition;
import io.jiffusion.network.Network;
import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A network written down: its operations in the order in which they can be done.
 *
 * <p>It is an {@link Ops} like any other: the network's own method is called once, and every
 * operation, in place of computing, adds a {@link Node} and returns it. Shapes are asked of {@link
 * Shapes}, which also refuses what does not fit, so that nothing wrong gets as far as a kernel.
 * Printed, a graph reads like assembler: {@code %7 = Conv[…] %6 then SILU}.
 */
final class Graph implements Ops<Node> {
  private final String prefix;
  private final Ops<Shape> shapes;
  private final List<Node> nodes;
  private Node output;

  private Graph(String prefix, Ops<Shape> shapes, List<Node> nodes) {
    this.prefix = prefix;
    this.shapes = shapes;
    this.nodes = nodes;
  }

  /**
   * Writes a network down.
   *
   * @param images of a block
   * @param context length of the sequences to attend to; 0 for none
   */
  static Graph of(Network network, int images, int context) {
    Graph graph = new Graph("", Shapes.ops(), new ArrayList<>());
    Node x = graph.given(Given.X, images, network.input());
    Node label = graph.given(Given.LABEL, Shape.of(images));
    // what a network does not ask for is no input: a plan for it has no place and no copy
    Node classes =
        network.classes() > 0 && !(network.contextOfClass() && context > 0)
            ? graph.given(Given.CLASSES, Shape.of(images))
            : null;
    Node sequence =
        context > 0
            ? graph.given(Given.CONTEXT, Shape.of(images, context, network.contextWidth()))
            : null;
    Node image = network.image() == null ? null : graph.given(Given.IMAGE, images, network.image());
    Node augment =
        network.augmentWidth() > 0
            ? graph.given(Given.AUGMENT, Shape.of(images, network.augmentWidth()))
            : null;
    graph.output =
        network.apply(graph, x, label, new Condition<>(classes, sequence, image, augment));
    return graph;
  }

  private Node given(Given given, int images, Shape one) {
    return given(given, Shape.of(images, one.size(0), one.size(1), one.size(2)));
  }

  private Node given(Given given, Shape shape) {
    return node(new Input(given), shape);
  }

  List<Node> nodes() {
    return nodes;
  }

  Node output() {
    return output;
  }

  void output(Node node) {
    output = node;
  }

  private Node node(Operation operation, Shape shape, Node... inputs) {
    Node node = new Node(operation, shape, List.of(inputs));
    nodes.add(node);
    return node;
  }

  private Node same(Function function, double factor, double term, Node... inputs) {
    return node(new Elementwise(function, factor, term), inputs[0].shape, inputs);
  }

  @Override
  public Node block(String name, java.util.function.Function<Ops<Node>, Node> body) {
    // the inner graph shares the list of nodes: a block is a prefix of names, not a graph within
    // one
    Node[] result = new Node[1];
    shapes.block(
        name,
        inner -> {
          result[0] = body.apply(new Graph(prefix + name + ".", inner, nodes));
          return result[0].shape;
        });
    return result[0];
  }

  @Override
  public Shape shape(Node x) {
    return x.shape;
  }

  @Override
  public Node conv(
      Node x,
      String name,
      int out,
      int kernel,
      int stride,
      Padding padding,
      double initScale,
      boolean bias) {
    Shape shape = shapes.conv(x.shape, name, out, kernel, stride, padding, initScale, bias);
    int low = padding == Padding.SYMMETRIC ? kernel / 2 : 0;
    int high = padding == Padding.BOTTOM_RIGHT ? 1 : low;
    return node(new Conv(prefix + name, kernel, stride, low, high, bias), shape, x);
  }

  @Override
  public Node conv(Node x, String name, int out, Window window) {
    Shape shape = shapes.conv(x.shape, name, out, window);
    return node(new WindowConv(prefix + name, window), shape, x);
  }

  @Override
  public Node linear(Node x, String name, int out, double initScale, boolean bias) {
    Shape shape = shapes.linear(x.shape, name, out, initScale, bias);
    return node(new Linear(List.of(prefix + name), bias), shape, x);
  }

  @Override
  public Node groupNorm(Node x, String name, int groups, double eps) {
    return node(
        new GroupNorm(prefix + name, groups, eps, false, false, null),
        shapes.groupNorm(x.shape, name, groups, eps),
        x);
  }

  @Override
  public Node layerNorm(Node x, String name, double eps) {
    return node(new LayerNorm(prefix + name, eps, false), shapes.layerNorm(x.shape, name, eps), x);
  }

  @Override
  public Node layerNorm(Node x, double eps) {
    return node(new LayerNorm(null, eps, false), x.shape, x);
  }

  @Override
  public Node silu(Node x) {
    return same(Function.SILU, 1, 0, x);
  }

  @Override
  public Node gelu(Node x) {
    return same(Function.GELU, 1, 0, x);
  }

  @Override
  public Node geluTanh(Node x) {
    return same(Function.GELU_TANH, 1, 0, x);
  }

  @Override
  public Node relu(Node x) {
    return same(Function.RELU, 1, 0, x);
  }

  @Override
  public Node tanh(Node x) {
    return same(Function.TANH, 1, 0, x);
  }

  @Override
  public Node add(Node a, Node b) {
    return same(Function.ADD, 1, 0, a, b);
  }

  @Override
  public Node multiply(Node a, Node b) {
    return same(Function.MULTIPLY, 1, 0, a, b);
  }

  @Override
  public Node affine(Node x, double factor, double term) {
    return same(Function.AFFINE, factor, term, x);
  }

  @Override
  public Node addChannels(Node x, Node vector) {
    return node(new AddChannels(), shapes.addChannels(x.shape, vector.shape), x, vector);
  }

  @Override
  public Node multiplyChannels(Node x, Node vector) {
    return node(new MultiplyChannels(), shapes.multiplyChannels(x.shape, vector.shape), x, vector);
  }

  @Override
  public Node scaleShift(Node x, Node scale, Node shift) {
    return node(
        new ScaleShift(), shapes.scaleShift(x.shape, scale.shape, shift.shape), x, scale, shift);
  }

  @Override
  public Node concat(Node a, Node b) {
    return node(new Concat(), shapes.concat(a.shape, b.shape), a, b);
  }

  @Override
  public Node channels(Node x, int from, int count) {
    return node(new Channels(from, count), shapes.channels(x.shape, from, count), x);
  }

  @Override
  public Node upsample(Node x) {
    return node(new Upsample(), shapes.upsample(x.shape), x);
  }

  @Override
  public Node bilinear(Node x, long height, long width) {
    return node(new Bilinear(), shapes.bilinear(x.shape, height, width), x);
  }

  @Override
  public Node averagePool(Node x, Window window) {
    return node(new Pool(window, false), shapes.averagePool(x.shape, window), x);
  }

  @Override
  public Node maxPool(Node x, Window window) {
    return node(new Pool(window, true), shapes.maxPool(x.shape, window), x);
  }

  @Override
  public Node flatten(Node x) {
    return node(new Flatten(), shapes.flatten(x.shape), x);
  }

  @Override
  public Node pad(Node x, int margin) {
    return node(new Pad(margin), shapes.pad(x.shape, margin), x);
  }

  @Override
  public Node filterDown(Node x, float[] taps, int margin) {
    return node(new Filter(taps, margin, false), shapes.filterDown(x.shape, taps, margin), x);
  }

  @Override
  public Node filterUp(Node x, float[] taps, int crop) {
    return node(new Filter(taps, crop, true), shapes.filterUp(x.shape, taps, crop), x);
  }

  @Override
  public Node mean(Node x) {
    // only classifiers have it; naming it lets Unplanned say what is missing
    return node(new Unknown("mean"), shapes.mean(x.shape), x);
  }

  @Override
  public Node tokens(Node x) {
    // images lie channels last, so pixels are the elements of a sequence as they are
    return node(new Reshape(), shapes.tokens(x.shape), x);
  }

  @Override
  public Node image(Node x, long height, long width) {
    return node(new Reshape(), shapes.image(x.shape, height, width), x);
  }

  @Override
  public Node sequence(Node vector) {
    return node(new Sequence(), shapes.sequence(vector.shape), vector);
  }

  @Override
  public Node elements(Node x, int from, int count) {
    return node(new Unknown("elements"), shapes.elements(x.shape, from, count), x);
  }

  @Override
  public Node unpatch(Node x, long height, long width, int patch) {
    return node(new Unpatch(patch), shapes.unpatch(x.shape, height, width, patch), x);
  }

  @Override
  public Node attention(Node q, Node k, Node v, int heads) {
    return node(new Attention(heads), shapes.attention(q.shape, k.shape, v.shape, heads), q, k, v);
  }

  @Override
  public Node sinusoid(Node label, int width, Order order, int shift) {
    return node(
        new Sinusoid(order, shift), shapes.sinusoid(label.shape, width, order, shift), label);
  }

  @Override
  public Node fourier(Node label, String name, int width, Order order, double std) {
    return node(
        new Fourier(prefix + name, order),
        shapes.fourier(label.shape, name, width, order, std),
        label);
  }

  @Override
  public Node log(Node label) {
    return node(new Log(), label.shape, label);
  }

  @Override
  public Node divide(Node image, Node label) {
    return node(new Divide(), image.shape, image, label);
  }

  @Override
  public Node addTable(Node sequence, String name, double std) {
    return node(
        new AddTable(prefix + name, null), shapes.addTable(sequence.shape, name, std), sequence);
  }

  @Override
  public Node addConstant(Node sequence, float[] values) {
    return node(new AddTable(null, values), shapes.addConstant(sequence.shape, values), sequence);
  }

  @Override
  public Node oneHot(Node classes, int rows) {
    return node(new OneHot(rows), shapes.oneHot(classes.shape, rows), classes);
  }

  @Override
  public Node embedding(Node index, String name, int rows, int width) {
    return node(
        new Embedding(prefix + name), shapes.embedding(index.shape, name, rows, width), index);
  }

  @Override
  public Node dropout(Node x, String name, double p) {
    // the identity but in training
    return x;
  }

  /** The list of operations, one a line, values numbered in order. */
  @Override
  public String toString() {
    Map<Node, String> names = new HashMap<>();
    nodes.forEach(node -> names.put(node, "%" + names.size()));
    StringBuilder text = new StringBuilder();
    for (Node node : nodes) {
      text.append(names.get(node)).append(" = ").append(node.operation);
      node.inputs.forEach(input -> text.append(' ').append(names.get(input)));
      for (Node.Post post : node.posts) {
        text.append(" then ").append(post.function());
        text.append(post.operand() == null ? "" : " " + names.get(post.operand()));
      }
      text.append('\n');
    }
    return text.toString();
  }
}
