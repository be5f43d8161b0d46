package io.jiffusion.execute;

import io.jiffusion.execute.Operation.AddChannels;
import io.jiffusion.execute.Operation.Attention;
import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Conv;
import io.jiffusion.execute.Operation.Copy;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Function;
import io.jiffusion.execute.Operation.GroupNorm;
import io.jiffusion.execute.Operation.LayerNorm;
import io.jiffusion.execute.Operation.Linear;
import io.jiffusion.execute.Operation.Pad;
import io.jiffusion.execute.Operation.Pool;
import io.jiffusion.execute.Operation.Reshape;
import io.jiffusion.execute.Operation.ScaleShift;
import io.jiffusion.execute.Operation.UpConv;
import io.jiffusion.execute.Operation.Upsample;
import io.jiffusion.execute.Operation.WindowConv;
import io.jiffusion.network.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rewritings of a {@link Graph} that leave its result as it is, but for rounding. Vectors are left
 * alone: they cost next to nothing. A residual block, before and after:
 *
 * <pre>
 * %1 = group norm %0
 * %2 = silu %1                  %1 = group norm with silu %0
 * %3 = conv %2                  %2 = conv %1
 * %4 = add channels %3 %time
 * %5 = group norm %4
 * %6 = silu %5                  %3 = group norm with %time and silu %2
 * %7 = conv %6
 * %8 = add %7 %0                %4 = conv %3 then add %0
 * </pre>
 *
 * <p>What is saved is memory traffic: each line on the left reads and writes all pixels once more.
 */
final class Rewrites {
  private final Graph graph;
  private final List<Node> nodes;

  private Rewrites(Graph graph) {
    this.graph = graph;
    this.nodes = graph.nodes();
  }

  /** All of them, in the order in which one makes way for the next. */
  static void all(Graph graph) {
    // what makes operations fewer first, what joins them to others then, views of memory last
    foldPadding(graph);
    foldUpsampling(graph);
    foldOneKey(graph);
    mergeProjections(graph);
    foldEmbedding(graph);
    foldModulation(graph);
    foldActivation(graph);
    fuseElementwise(graph);
    materialise(graph);
    sweep(graph);
  }

  /** Zeros around an image are the padding of the convolution that follows. */
  static void foldPadding(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : of.nodes) {
      if (node.operation instanceof Conv conv
          && node.input().operation instanceof Pad pad
          && of.usedOnce(node.input())) {
        node.operation =
            new Conv(
                conv.name(),
                conv.kernel(),
                conv.stride(),
                conv.low() + pad.margin(),
                conv.high() + pad.margin(),
                conv.bias());
        node.inputs.set(0, node.input().input());
      }
    }
    sweep(graph);
  }

  /**
   * A 3×3 convolution sees every pixel of an upsampled image twice or more: with these of its
   * weights added up, it takes 4/9 of the multiplications.
   */
  static void foldUpsampling(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : of.nodes) {
      if (node.operation instanceof Conv conv
          && conv.kernel() == 3
          && conv.stride() == 1
          && conv.low() == 1
          && conv.high() == 1
          && node.input().operation instanceof Upsample
          && of.usedOnce(node.input())) {
        node.operation = new UpConv(conv.name(), conv.bias());
        node.inputs.set(0, node.input().input());
      }
    }
    sweep(graph);
  }

  /** Attention to one key gives every query that key's value: scores and softmax drop out. */
  static void foldOneKey(Graph graph) {
    for (Node node : graph.nodes()) {
      if (node.operation instanceof Attention && node.inputs.get(1).height() == 1) {
        // to any size: nearest-neighbour repetition of the one value that there is
        node.operation = new Upsample();
        Node value = node.inputs.get(2);
        node.inputs.clear();
        node.inputs.add(value);
      }
    }
    sweep(graph);
  }

  /** Linear layers of one sequence, such as queries, keys and values, are one product. */
  static void mergeProjections(Graph graph) {
    Rewrites of = new Rewrites(graph);
    Map<List<Object>, List<Node>> groups =
        of.nodes.stream()
            .filter(node -> !node.vector() && node.operation instanceof Linear)
            .collect(
                Collectors.groupingBy(
                    node -> List.of(node.input(), ((Linear) node.operation).bias()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    for (List<Node> group : groups.values()) {
      if (group.size() > 1) {
        of.merge(group);
      }
    }
  }

  /**
   * Each layer's node stays, as a view of some channels of the product: its users see no change.
   */
  private void merge(List<Node> group) {
    Node first = group.get(0);
    List<String> names = new ArrayList<>();
    int width = 0;
    for (Node node : group) {
      names.addAll(((Linear) node.operation).names());
      width += node.channels();
    }
    Node merged =
        new Node(
            new Linear(names, ((Linear) first.operation).bias()),
            Shape.of(first.shape.size(0), first.shape.size(1), width),
            List.of(first.input()));
    nodes.add(nodes.indexOf(first), merged);
    int from = 0;
    for (Node node : group) {
      node.operation = new Channels(from, node.channels());
      node.inputs.set(0, merged);
      from += node.channels();
    }
  }

  /**
   * A vector added to every pixel before a group norm changes the mean of its channel alone, so the
   * norm can do it on the way: time and class cost nothing, and may differ from image to image.
   */
  static void foldEmbedding(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : of.nodes) {
      if (node.operation instanceof GroupNorm norm
          && node.input().operation instanceof AddChannels
          && of.usedOnce(node.input())) {
        Node sum = node.input();
        node.operation = new GroupNorm(norm.name(), norm.groups(), norm.eps(), true, false, null);
        node.inputs.set(0, sum.input());
        node.inputs.add(sum.inputs.get(1));
      }
    }
    sweep(graph);
  }

  /** Scale and shift by vectors after a norm join its own scale and shift. */
  static void foldModulation(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : List.copyOf(of.nodes)) {
      if (node.operation instanceof ScaleShift && of.usedOnce(node.input())) {
        Node norm = node.input();
        if (norm.operation instanceof GroupNorm group) {
          norm.operation =
              new GroupNorm(group.name(), group.groups(), group.eps(), group.added(), true, null);
        } else if (norm.operation instanceof LayerNorm layer) {
          norm.operation = new LayerNorm(layer.name(), layer.eps(), true);
        } else {
          continue;
        }
        norm.inputs.addAll(node.inputs.subList(1, 3));
        // its vectors may have been made only after it
        of.moveBehind(norm, node);
        of.replace(node, norm);
      }
    }
    sweep(graph);
  }

  /** The function after a group norm is done in the norm's own pass. */
  static void foldActivation(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : List.copyOf(of.nodes)) {
      if (node.operation instanceof Elementwise function
          && !function.function().binary()
          // which has a factor and a term, for which a norm has no room
          && function.function() != Function.AFFINE
          && node.input().operation instanceof GroupNorm norm
          && norm.function() == null
          && of.usedOnce(node.input())) {
        node.input().operation =
            new GroupNorm(
                norm.name(),
                norm.groups(),
                norm.eps(),
                norm.added(),
                norm.modulated(),
                function.function());
        of.replace(node, node.input());
      }
    }
    sweep(graph);
  }

  /** What is done number by number after a convolution or linear layer is done where it writes. */
  static void fuseElementwise(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : List.copyOf(of.nodes)) {
      if (!node.vector() && node.operation instanceof Elementwise what) {
        if (what.function().binary()) {
          of.fuseBinary(node, what);
        } else if (of.takes(node.input())) {
          of.append(node, node.input(), what, null);
        }
      }
    }
    sweep(graph);
  }

  private void fuseBinary(Node node, Elementwise what) {
    Node a = node.inputs.get(0);
    Node b = node.inputs.get(1);
    if (a == b) {
      return; // an operation cannot add its own result to itself
    }
    // the later one adds: the other is there by then
    Node later = nodes.indexOf(made(a)) > nodes.indexOf(made(b)) ? a : b;
    Node other = later == a ? b : a;
    if (takes(later)) {
      append(node, later, what, other);
    } else if (takes(other) && nodes.indexOf(later) < nodes.indexOf(made(other))) {
      append(node, other, what, later);
    }
  }

  /** Where a value is computed: before it is taken as an image or sequence. */
  private static Node made(Node node) {
    return node.operation instanceof Reshape ? node.input() : node;
  }

  /** Whether an operation can go on with what follows, and nobody else needs what is in between. */
  private boolean takes(Node node) {
    Node made = made(node);
    return usedOnce(node)
        && (made == node || usedOnce(made))
        && !made.vector()
        && (made.operation instanceof Conv
            || made.operation instanceof WindowConv
            || made.operation instanceof UpConv
            || made.operation instanceof Linear);
  }

  private void append(Node node, Node into, Elementwise what, Node operand) {
    made(into).posts.add(new Node.Post(what.function(), what.factor(), what.term(), operand));
    replace(node, into);
  }

  /** Whoever needs the numbers of a value side by side gets a copy of them. */
  static void materialise(Graph graph) {
    Rewrites of = new Rewrites(graph);
    for (Node node : List.copyOf(of.nodes)) {
      for (Node need : new LinkedHashSet<>(node.needs())) {
        boolean operand = !node.inputs.contains(need);
        if (!need.vector() && (operand ? !dense(need) : !suits(need, node))) {
          node.replace(need, of.copy(need, of.nodes.indexOf(node)));
        }
      }
    }
    if (!dense(graph.output())) {
      graph.output(of.copy(graph.output(), of.nodes.size()));
    }
  }

  private Node copy(Node node, int at) {
    Node copy = new Node(new Copy(), node.shape, List.of(node));
    nodes.add(at, copy);
    return copy;
  }

  /** Whether the numbers of a pixel lie side by side, with nothing between two pixels. */
  private static boolean dense(Node node) {
    return parts(node).size() == 1 && !(node.operation instanceof Channels);
  }

  /** Whether a user can read a value where it lies, in parts or among wider rows. */
  private static boolean suits(Node input, Node user) {
    if (user.operation instanceof Copy || dense(input)) {
      return true;
    }
    return input.operation instanceof Channels
        ? user.operation instanceof Linear || user.operation instanceof Attention
        : takesParts(user);
  }

  private static boolean takesParts(Node user) {
    return user.operation instanceof Concat
        || user.operation instanceof Conv
        || user.operation instanceof WindowConv
        || user.operation instanceof UpConv
        || keepsParts(user);
  }

  /** Operations that work channel by channel leave a concatenation in its parts. */
  private static boolean keepsParts(Node node) {
    return node.operation instanceof GroupNorm
        || node.operation instanceof Upsample
        || node.operation instanceof Pool
        || node.operation instanceof Elementwise what && !what.function().binary();
  }

  /** The channels of the parts of a value that lie in places of their own. */
  static List<Integer> parts(Node node) {
    if (node.operation instanceof Concat && !node.vector()) {
      return node.inputs.stream().flatMap(input -> parts(input).stream()).toList();
    }
    return keepsParts(node) && !node.vector() ? parts(node.input()) : List.of(node.channels());
  }

  /** What nobody needs is dropped. */
  static void sweep(Graph graph) {
    // from the last to the first: by then all that could need a node has been seen
    Set<Node> needed = new HashSet<>();
    List<Node> nodes = graph.nodes();
    needed.add(graph.output());
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (needed.contains(nodes.get(i))) {
        needed.addAll(nodes.get(i).needs());
      }
    }
    nodes.removeIf(node -> !needed.contains(node));
  }

  private boolean usedOnce(Node node) {
    long uses =
        nodes.stream().flatMap(user -> user.needs().stream()).filter(need -> need == node).count();
    return uses == 1 && node != graph.output();
  }

  private void moveBehind(Node node, Node other) {
    nodes.remove(node);
    nodes.add(nodes.indexOf(other) + 1, node);
  }

  private void replace(Node old, Node by) {
    nodes.remove(old);
    nodes.forEach(node -> node.replace(old, by));
    if (graph.output() == old) {
      graph.output(by);
    }
  }
}
