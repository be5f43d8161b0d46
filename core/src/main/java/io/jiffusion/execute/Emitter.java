package io.jiffusion.execute;

import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Flatten;
import io.jiffusion.execute.Operation.Reshape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;

/**
 * What the parts of a compiler share: where each value of the graph lies in memory, how oneDNN sees
 * it there (images channels last, or rows of a matrix), and the plan's list of steps, to which they
 * add.
 */
final class Emitter {
  static final prop_kind INFERENCE = prop_kind.forward_inference;
  private static final int LARGE = 64; // pixels

  /**
   * Channels that lie side by side.
   *
   * @param address of the first number
   * @param channels how many
   * @param row numbers from one pixel to the next: more than channels in a part of a wider value
   */
  record Part(long address, int channels, int row) {}

  /** What each image's vectors are, by the node that makes them. */
  @FunctionalInterface
  interface Action {
    void run(List<Map<Node, float[]>> vectors);
  }

  /**
   * One entry of a plan.
   *
   * @param name where in the network
   * @param kind what it does
   * @param flops additions and multiplications
   * @param implementation oneDNN's name of the kernel, or empty for plain Java around one
   * @param first what is done by one thread
   * @param halves then these, none or two, in any order or at once
   */
  record Step(
      String name,
      String kind,
      double flops,
      String implementation,
      Action first,
      List<Action> halves) {

    void run(List<Map<Node, float[]>> vectors) {
      first.run(vectors);
      for (Action half : halves) {
        half.run(vectors);
      }
    }
  }

  /** Some rows of every image. */
  record Rows(int from, int count) {
    static Rows all(Node node) {
      return new Rows(0, node.height());
    }

    int end() {
      return from + count;
    }
  }

  final Dnnl dnnl;
  final PackedWeights weights;
  final int images;
  final data_type type;
  final int width; // bytes of a number
  final long scratch;
  final List<Step> steps = new ArrayList<>();
  private final long base;
  private final Buffers buffers;
  private final Map<Node, List<Part>> values = new HashMap<>();

  Emitter(
      Dnnl dnnl,
      PackedWeights weights,
      int images,
      data_type type,
      int width,
      Buffers buffers,
      long scratchBytes) {
    this.dnnl = dnnl;
    this.weights = weights;
    this.images = images;
    this.type = type;
    this.width = width;
    this.buffers = buffers;
    this.base = dnnl.allocate(buffers.bytes());
    this.scratch = dnnl.allocate(scratchBytes);
  }

  // ---- where values lie ----

  List<Part> value(Node node) {
    List<Part> known = values.get(node);
    if (known == null) {
      known = placed(node); // which asks for others
      values.put(node, known);
    }
    return known;
  }

  private List<Part> placed(Node node) {
    if (node.operation instanceof Reshape) {
      return value(node.input());
    } else if (node.operation instanceof Flatten) {
      return List.of(new Part(only(node.input()).address, node.channels(), node.channels()));
    } else if (node.operation instanceof Channels channels) {
      Part of = value(node.input()).get(0);
      long address = of.address + (long) channels.from() * width;
      return List.of(new Part(address, channels.count(), of.row));
    } else if (node.operation instanceof Concat) {
      List<Part> parts = new ArrayList<>();
      node.inputs.forEach(input -> parts.addAll(value(input)));
      return parts;
    }
    List<Part> parts = new ArrayList<>();
    long address = base + buffers.offset(node);
    for (int channels : Rewrites.parts(node)) {
      parts.add(new Part(address, channels, channels));
      address += (long) images * node.pixels() * channels * width;
    }
    return parts;
  }

  Part only(Node node) {
    List<Part> parts = value(node);
    if (parts.size() != 1) {
      throw new IllegalStateException("a value in parts where one is needed: " + node.operation);
    }
    return parts.get(0);
  }

  /**
   * The rows of an operation's result that are computed apart from each other: the two halves of
   * one large image, so that two threads can have a half each, or all rows. Of many images, or of
   * few pixels, parts would cost more than they give. It is the same for one thread, and so are the
   * results.
   */
  List<Rows> halves(Node node) {
    int h = node.height();
    if (images > 1 || h < 2 || node.pixels() < LARGE) {
      return List.of(Rows.all(node));
    }
    return List.of(new Rows(0, h / 2), new Rows(h / 2, h - h / 2));
  }

  /** All images as [B, C, H, W], channels last in memory. */
  Dnnl.Memory image(Part part, Node sized) {
    return image(part, sized, Rows.all(sized));
  }

  /** Some rows as [B, C, count, W]; if not all, then of one image. */
  Dnnl.Memory image(Part part, Node sized, Rows rows) {
    return image(part, images, rows, sized.width(), rows.from);
  }

  /** One image as [1, C, H, W], channels last in memory. */
  Dnnl.Memory image(Part part, Node sized, int image) {
    return image(part, sized, image, Rows.all(sized));
  }

  /** Some rows of one image as [1, C, count, W]. */
  Dnnl.Memory image(Part part, Node sized, int image, Rows rows) {
    return image(part, 1, rows, sized.width(), (long) image * sized.height() + rows.from);
  }

  private Dnnl.Memory image(Part part, int count, Rows rows, long w, long before) {
    long h = rows.count;
    long row = part.row;
    desc layout =
        dnnl.desc(
            type,
            new long[] {count, part.channels, h, w},
            new long[] {h * w * row, 1, w * row, row});
    return dnnl.at(layout, part.address + before * w * row * width);
  }

  /** Pixels or elements of all images as the rows of a matrix. */
  Dnnl.Memory matrix(Part part, Node sized) {
    return matrix(part, images * (long) sized.pixels(), 0);
  }

  /** The pixels of some rows of an image, if not all; elements are rows of one pixel. */
  Dnnl.Memory matrix(Part part, Node sized, Rows rows) {
    long w = sized.width();
    return matrix(part, images * rows.count * w, rows.from * w);
  }

  /** Pixels or elements of one image. */
  Dnnl.Memory matrix(Part part, Node sized, int image) {
    return matrix(part, sized.pixels(), (long) image * sized.pixels());
  }

  private Dnnl.Memory matrix(Part part, long rows, long before) {
    desc layout = dnnl.desc(type, new long[] {rows, part.channels}, new long[] {part.row, 1});
    return dnnl.at(layout, part.address + before * part.row * width);
  }

  /** Float32 numbers of a parameter, as a vector of these sizes. */
  Dnnl.Memory floats(String name, long... sizes) {
    desc layout = dnnl.dense(data_type.f32, sizes);
    return weights.get(name, to -> weights.numbers().into(to, name), sizes, strides(sizes), layout);
  }

  private static long[] strides(long[] sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= sizes[axis];
    }
    return strides;
  }

  // ---- steps ----

  void step(String name, String kind, double flops, Dnnl.Primitive primitive) {
    step(name, kind, flops, List.of(primitive));
  }

  /** One primitive for all rows, or two for a half each. */
  void step(String name, String kind, double flops, List<Dnnl.Primitive> primitives) {
    List<Action> actions = new ArrayList<>();
    primitives.forEach(primitive -> actions.add(vectors -> primitive.run()));
    boolean one = actions.size() == 1;
    Action first = one ? actions.get(0) : vectors -> {};
    String implementation = primitives.get(0).implementation;
    steps.add(new Step(name, kind, flops, implementation, first, one ? List.of() : actions));
  }

  void step(String name, String kind, Action action) {
    step(name, kind, action, List.of());
  }

  void step(String name, String kind, Action first, List<Action> halves) {
    steps.add(new Step(name, kind, 0, "", first, halves));
  }

  /** What follows on a node, done in its primitive. */
  Dnnl.Attributes posts(Dnnl.Attributes attributes, Node node, Rows rows, boolean asMatrix) {
    for (Node.Post post : node.posts) {
      if (post.function().binary()) {
        Part part = only(post.operand());
        attributes.binary(
            Dnnl.algorithm(post.function()),
            asMatrix ? matrix(part, node, rows) : image(part, node, rows));
      } else {
        attributes.function(post.function(), post.factor(), post.term());
      }
    }
    return attributes;
  }

  static String name(Elementwise what) {
    return what.function().name().toLowerCase(Locale.ROOT);
  }
}
