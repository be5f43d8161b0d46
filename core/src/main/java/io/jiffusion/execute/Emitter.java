package io.jiffusion.execute;

import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Reshape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.reorder;

/** What the parts of a compiler share: where values lie, and the list of steps that grows. */
final class Emitter {
  static final prop_kind INFERENCE = prop_kind.forward_inference;

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
   */
  record Step(String name, String kind, double flops, String implementation, Action action) {}

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

  /** All images as [B, C, H, W], channels last in memory. */
  Dnnl.Memory image(Part part, Node sized) {
    return image(part, sized, 0, images);
  }

  /** Some images as [count, C, H, W], channels last in memory. */
  Dnnl.Memory image(Part part, Node sized, int first, int count) {
    long h = sized.height();
    long w = sized.width();
    long row = part.row;
    desc layout =
        dnnl.desc(
            type,
            new long[] {count, part.channels, h, w},
            new long[] {h * w * row, 1, w * row, row});
    return dnnl.at(layout, part.address + first * h * w * row * width);
  }

  /** Pixels or elements of some images as the rows of a matrix. */
  Dnnl.Memory matrix(Part part, Node sized, int first, int count) {
    long rows = (long) count * sized.pixels();
    desc layout = dnnl.desc(type, new long[] {rows, part.channels}, new long[] {part.row, 1});
    return dnnl.at(layout, part.address + (long) first * sized.pixels() * part.row * width);
  }

  Dnnl.Memory matrix(Part part, Node sized) {
    return matrix(part, sized, 0, images);
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
    steps.add(new Step(name, kind, flops, primitive.implementation, vectors -> primitive.run()));
  }

  void step(String name, String kind, Action action) {
    steps.add(new Step(name, kind, 0, "", action));
  }

  Dnnl.Primitive reorder(Dnnl.Memory from, Dnnl.Memory to) {
    reorder.primitive_desc how = new reorder.primitive_desc(from.handle(), to.handle());
    return dnnl.primitive(
        how,
        new reorder(how),
        null,
        new Dnnl.Argument(org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM, from),
        new Dnnl.Argument(org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO, to));
  }

  /** What follows on a node, done in its primitive. */
  Dnnl.Attributes posts(Dnnl.Attributes attributes, Node node, boolean asMatrix) {
    for (Node.Post post : node.posts) {
      if (post.function().binary()) {
        Part part = only(post.operand());
        attributes.binary(
            Dnnl.algorithm(post.function()), asMatrix ? matrix(part, node) : image(part, node));
      } else {
        attributes.function(post.function(), post.factor(), post.term());
      }
    }
    return attributes;
  }

  static String name(Elementwise what) {
    return what.function().name().toLowerCase(java.util.Locale.ROOT);
  }
}
