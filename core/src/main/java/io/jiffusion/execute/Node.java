package io.jiffusion.execute;

import io.jiffusion.execute.Operation.Function;
import io.jiffusion.network.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A value of a {@link Graph}, and how it is made; {@link Rewrites} changes both.
 *
 * <p>Nodes are told apart by identity, as equal operations at two places are two values.
 */
final class Node {
  /**
   * What follows at once on a convolution or a linear layer.
   *
   * @param operand the other input of a binary function, else null
   */
  record Post(Function function, double factor, double term, Node operand) {}

  Operation operation;
  final List<Node> inputs;
  final Shape shape;
  final List<Post> posts = new ArrayList<>();

  Node(Operation operation, Shape shape, List<Node> inputs) {
    this.operation = operation;
    this.shape = shape;
    this.inputs = new ArrayList<>(inputs);
  }

  Node input() {
    return inputs.get(0);
  }

  /** All that it needs: inputs, and operands of what follows. */
  List<Node> needs() {
    List<Node> needs = new ArrayList<>(inputs);
    posts.stream().filter(post -> post.operand != null).forEach(post -> needs.add(post.operand));
    return needs;
  }

  void replace(Node old, Node by) {
    inputs.replaceAll(input -> input == old ? by : input);
    posts.replaceAll(
        post -> post.operand == old ? new Post(post.function, post.factor, post.term, by) : post);
  }

  /**
   * Whether it is one number or one row an image: what plain Java computes, in {@link
   * VectorProgram}. Images have four axes, sequences three.
   */
  boolean vector() {
    return shape.rank() <= 2;
  }

  /** Channels of an image, width of a sequence or vector. */
  int channels() {
    return (int) (shape.rank() == 3 ? shape.size(2) : shape.rank() == 1 ? 1 : shape.size(1));
  }

  int height() {
    return (int) (shape.rank() == 4 ? shape.size(2) : shape.rank() == 3 ? shape.size(1) : 1);
  }

  int width() {
    return (int) (shape.rank() == 4 ? shape.size(3) : 1);
  }

  /** Pixels of an image, elements of a sequence. */
  int pixels() {
    return height() * width();
  }
}
