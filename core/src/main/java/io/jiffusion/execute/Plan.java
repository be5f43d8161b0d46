package io.jiffusion.execute;

import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Emitter.Step;
import io.jiffusion.execute.Operation.Given;
import io.jiffusion.execute.Operation.Input;
import io.jiffusion.network.Conditions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;

/**
 * A network as a fixed list of oneDNN's primitives for one block of images: its memory planned, its
 * arguments bound, nothing decided while it runs. For the thread that made it.
 */
final class Plan implements AutoCloseable {
  private final Dnnl dnnl = new Dnnl();
  private final VectorProgram vectors;
  private final int images;
  private final Map<Given, Long> given = new HashMap<>();
  private final List<Step> steps;
  private final long result;
  private final int size;
  private final long bytes;
  private final long unshared;

  /**
   * Makes a plan.
   *
   * @param graph rewritten
   * @throws Unplanned if an operation cannot be done, or only slowly
   */
  Plan(Graph graph, PackedWeights weights, VectorProgram vectors, boolean bf16, int images) {
    this.vectors = vectors;
    this.images = images;
    // closed below if anything fails on the way: a plan half made must not keep its memory
    boolean made = false;
    try {
      int width = bf16 ? 2 : 4;
      // first where all values lie, then the primitives, which are bound to these addresses
      Buffers buffers = new Buffers(graph, width);
      long scratch = Compiler.scratch(graph, images, width);
      bytes = buffers.bytes() + scratch;
      unshared = buffers.unshared() + scratch;
      Emitter out =
          new Emitter(
              dnnl,
              weights,
              images,
              bf16 ? data_type.bf16 : data_type.f32,
              width,
              buffers,
              scratch);
      steps = out.steps;
      for (Node node : graph.nodes()) {
        if (node.operation instanceof Input input && !node.vector()) {
          given(out, node, input.given());
        }
      }
      new Compiler(out).emit(graph);
      // the network's output is float32 and row-major, whatever the plan computes in
      Node output = graph.output();
      size = (int) output.shape.count();
      result = dnnl.allocate(4L * size);
      Part last = out.only(output);
      out.step("out", "copy", 0, out.dnnl.reorder(out.image(last, output), plain(output, result)));
      made = true;
      // packing weights took buffers that nobody needs again
      Dnnl.trim();
    } finally {
      if (!made) {
        dnnl.close();
      }
    }
  }

  private void given(Emitter out, Node node, Given what) {
    long from = dnnl.allocate(4 * node.shape.count());
    given.put(what, from);
    out.step(
        what.name().toLowerCase(Locale.ROOT),
        "copy",
        0,
        out.dnnl.reorder(plain(node, from), out.image(out.only(node), node)));
  }

  /** Float32 numbers as Java has them: images [B, C, H, W] row-major, sequences [B, N, C]. */
  private Dnnl.Memory plain(Node node, long address) {
    long c = node.channels();
    long h = node.height();
    long w = node.width();
    long[] strides =
        node.shape.rank() == 3 ? new long[] {h * c, 1, c, c} : new long[] {c * h * w, h * w, w, 1};
    desc layout = dnnl.desc(data_type.f32, new long[] {images, c, h, w}, strides);
    return dnnl.at(layout, address);
  }

  /** The network's output for one block, [images, C', H', W'] row-major. */
  float[] run(float[] x, float[] labels, Conditions conditions) {
    List<Map<Node, float[]>> each = prepare(x, labels, conditions);
    for (Step step : steps) {
      step.run(each);
    }
    return output();
  }

  /**
   * The same, by two threads if there is one to spare.
   *
   * @param offer is told of the run, for a thread that may help; one that has made this plan too:
   *     oneDNN's memory for what stands within an operation is each thread's own
   */
  float[] run(float[] x, float[] labels, Conditions conditions, Consumer<SharedRun> offer) {
    SharedRun run = new SharedRun(steps, prepare(x, labels, conditions));
    offer.accept(run);
    run.run();
    return output();
  }

  /** Whether a helper would find something to do. */
  boolean halved() {
    return steps.stream().anyMatch(step -> !step.halves().isEmpty());
  }

  /** The same with the nanoseconds of each step added up. */
  float[] run(float[] x, float[] labels, Conditions conditions, long[] nanoseconds) {
    List<Map<Node, float[]>> each = prepare(x, labels, conditions);
    for (int i = 0; i < nanoseconds.length; i++) {
      long began = System.nanoTime();
      steps.get(i).run(each);
      nanoseconds[i] += System.nanoTime() - began;
    }
    return output();
  }

  /** Copies in what is given, and finds the vectors of each image: all that differs by the run. */
  private List<Map<Node, float[]>> prepare(float[] x, float[] labels, Conditions conditions) {
    put(Given.X, x);
    put(Given.CONTEXT, conditions.context());
    put(Given.IMAGE, conditions.image());
    List<Map<Node, float[]>> each = new ArrayList<>();
    for (int image = 0; image < images; image++) {
      int klass = conditions.classes() == null ? 0 : conditions.classes()[image];
      each.add(vectors.of(labels[image], klass, row(conditions.augment(), image)));
    }
    return each;
  }

  private float[] row(float[] augment, int image) {
    if (augment == null) {
      return new float[0];
    }
    int width = augment.length / images;
    return Arrays.copyOfRange(augment, image * width, (image + 1) * width);
  }

  private void put(Given what, float[] numbers) {
    if (given.containsKey(what)) {
      Dnnl.set(given.get(what), numbers);
    }
  }

  private float[] output() {
    dnnl.finish();
    float[] out = new float[size];
    Dnnl.get(result, out);
    return out;
  }

  List<Step> steps() {
    return steps;
  }

  /** Bytes of values and scratch. */
  long bytes() {
    return bytes;
  }

  /** Bytes of values and scratch if no two values shared a place. */
  long unsharedBytes() {
    return unshared;
  }

  @Override
  public void close() {
    dnnl.close();
  }
}
