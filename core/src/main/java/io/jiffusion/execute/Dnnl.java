package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.execute.Operation.Function;
import io.jiffusion.tensor.Natives;
import io.jiffusion.tensor.Precision;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN: memory at addresses, and primitives with their arguments, made once and run often. All
 * that is made lives until this is closed. For one thread at a time.
 */
final class Dnnl implements AutoCloseable {
  /** Numbers at an address, with their type, sizes and layout. */
  record Memory(memory handle, desc desc, long address) {}

  /** An argument of a primitive. */
  record Argument(int role, Memory memory) {}

  /** A pointer to memory that something else owns. */
  private static final class Raw extends Pointer {
    Raw(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }

  final engine engine;
  private final stream stream;
  private final List<Pointer> kept = new ArrayList<>();
  private final Map<String, desc> descs = new HashMap<>();
  private long scratch;
  private long scratchBytes;

  Dnnl() {
    String missing = Natives.oneDnn();
    if (!missing.isEmpty()) {
      throw new Unplanned(missing);
    }
    engine = keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
    stream = keep(new stream(engine));
  }

  <T extends Pointer> T keep(T pointer) {
    pointer.retainReference(); // beyond the scope of whoever is at work
    kept.add(pointer);
    return pointer;
  }

  /** Whether this tells of a missing kernel: the binding tells of it as of any failure. */
  static boolean isMissing(RuntimeException failure) {
    String what = String.valueOf(failure.getMessage());
    return failure instanceof Unplanned
        || what.startsWith("could not create a primitive descriptor");
  }

  static data_type type(Precision precision) {
    return precision == Precision.BF16 ? data_type.bf16 : data_type.f32;
  }

  /** Bytes of a number. */
  static int bytes(Precision precision) {
    return precision == Precision.BF16 ? 2 : 4;
  }

  // ---- memory ----

  /** Sizes and strides, both in elements. */
  desc desc(data_type type, long[] sizes, long[] strides) {
    String key = type + Arrays.toString(sizes) + Arrays.toString(strides);
    return descs.computeIfAbsent(key, absent -> keep(new desc(sizes, type, strides)));
  }

  /** Row-major, without gaps. */
  desc dense(data_type type, long... sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= sizes[axis];
    }
    return desc(type, sizes, strides);
  }

  /** For weights in the layout that a primitive likes best. */
  desc any(data_type type, long... sizes) {
    return keep(new desc(sizes, type, memory.format_tag.any));
  }

  Memory at(desc desc, long address) {
    Pointer place = keep(new Raw(address));
    return new Memory(keep(new memory(desc, engine, place)), desc, address);
  }

  /** The address of fresh memory, filled with zeros, freed with this. */
  long allocate(long bytes) {
    BytePointer block = keep(new BytePointer(bytes + 64));
    Pointer.memset(block, 0, bytes + 64);
    return rounded(block.address());
  }

  /** Up to a whole number of the processor's cache lines. */
  static long rounded(long bytes) {
    return (bytes + 63) / 64 * 64;
  }

  /** Memory for what is used up at once: all who ask share it. */
  long scratch(long bytes) {
    if (scratchBytes < bytes) {
      scratch = allocate(bytes); // whoever has the old one keeps it
      scratchBytes = bytes;
    }
    return scratch;
  }

  /** Memory as Java sees it. */
  FloatBuffer floats(long address, int count) {
    return keep(new FloatPointer(new Raw(address))).capacity(count).asBuffer();
  }

  /** Numbers of the same layout elsewhere: what runs next with this memory finds them there. */
  static void move(Memory memory, long address) {
    dnnl.dnnl_memory_set_data_handle(memory.handle.get(), new Raw(address));
  }

  static void set(long address, float[] values) {
    try (FloatPointer at = new FloatPointer(new Raw(address))) {
      at.put(values, 0, values.length);
    }
  }

  static void get(long address, float[] values) {
    try (FloatPointer at = new FloatPointer(new Raw(address))) {
      at.get(values, 0, values.length);
    }
  }

  /**
   * Numbers in this layout, for good.
   *
   * @param fill puts them, as many as the plain layout has
   */
  Memory put(Consumer<FloatBuffer> fill, desc plain, desc wanted) {
    Memory to = at(wanted, allocate(wanted.get_size()));
    int count = (int) (plain.get_size() / Float.BYTES);
    if (plain.equals(wanted)) {
      fill.accept(floats(to.address, count));
      return to;
    }
    try (FloatPointer block = new FloatPointer(count)) {
      fill.accept(block.asBuffer());
      try (memory from = new memory(plain, engine, new Raw(block.address()));
          reorder.primitive_desc how = new reorder.primitive_desc(from, to.handle);
          reorder what = new reorder(how)) {
        what.execute(stream, from, to.handle);
        stream._wait();
      }
    }
    return to;
  }

  /** Gives memory that packing needed for a while back to the system. */
  static void trim() {
    Pointer.trimMemory();
  }

  // ---- primitives ----

  /** What is done at the end of a primitive, and the operands of that. */
  final class Attributes {
    final primitive_attr attr = keep(new primitive_attr());
    private final post_ops ops = keep(new post_ops());
    private final List<Argument> arguments = new ArrayList<>();
    private int count;

    Attributes sum() {
      ops.append_sum();
      return next();
    }

    Attributes binary(algorithm kind, Memory operand) {
      ops.append_binary(kind, operand.desc);
      int role = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (count + 1) | DNNL_ARG_SRC_1;
      arguments.add(new Argument(role, operand));
      return next();
    }

    Attributes function(Function function, double factor, double term) {
      ops.append_eltwise(algorithm(function), alpha(function, factor), (float) term);
      return next();
    }

    private Attributes next() {
      count++;
      attr.set_post_ops(ops);
      return this;
    }
  }

  Attributes attributes() {
    return new Attributes();
  }

  static algorithm algorithm(Function function) {
    return switch (function) {
      case SILU -> algorithm.eltwise_swish;
      case GELU -> algorithm.eltwise_gelu_erf;
      case GELU_TANH -> algorithm.eltwise_gelu_tanh;
      case RELU -> algorithm.eltwise_relu;
      case TANH -> algorithm.eltwise_tanh;
      case AFFINE -> algorithm.eltwise_linear;
      case ADD -> algorithm.binary_add;
      case MULTIPLY -> algorithm.binary_mul;
    };
  }

  /** The first number of a function: of relu it is the slope below zero. */
  static float alpha(Function function, double factor) {
    return function == Function.RELU ? 0 : (float) factor;
  }

  /**
   * A primitive ready to run.
   *
   * @throws Unplanned if oneDNN has only its slow reference implementation of it
   */
  Primitive primitive(
      primitive_desc_base how, primitive what, Attributes attributes, Argument... arguments) {
    keep(what);
    String implementation;
    try (how; // which primitives that are alike have each, large, and need no more
        BytePointer told = how.impl_info_str()) {
      implementation = told.getString();
    }
    if (implementation.startsWith("ref")) {
      throw new Unplanned("an operation that oneDNN does only by " + implementation);
    }
    List<Argument> all = new ArrayList<>(List.of(arguments));
    if (attributes != null) {
      all.addAll(attributes.arguments);
    }
    dnnl_exec_arg_t list = keep(new dnnl_exec_arg_t(all.size()));
    for (int i = 0; i < all.size(); i++) {
      list.position(i);
      list.arg(all.get(i).role);
      list.memory(all.get(i).memory.handle.get());
    }
    list.position(0);
    return new Primitive(what.get(), stream.get(), all.size(), list, implementation);
  }

  /** The product of two matrices, or of many. */
  Primitive product(Memory a, Memory b, Memory to, Attributes then) {
    matmul.primitive_desc how =
        new matmul.primitive_desc(engine, a.desc, b.desc, to.desc, then.attr, false);
    return primitive(
        how,
        new matmul(how),
        then,
        new Argument(DNNL_ARG_SRC, a),
        new Argument(DNNL_ARG_WEIGHTS, b),
        new Argument(DNNL_ARG_DST, to));
  }

  /** Number by number; the second may have one number for many of the first. */
  Primitive binary(algorithm kind, Memory a, Memory b, Memory to, Attributes then) {
    binary.primitive_desc how =
        new binary.primitive_desc(engine, kind, a.desc, b.desc, to.desc, then.attr, false);
    return primitive(
        how,
        new binary(how),
        then,
        new Argument(DNNL_ARG_SRC_0, a),
        new Argument(DNNL_ARG_SRC_1, b),
        new Argument(DNNL_ARG_DST, to));
  }

  /** The same numbers in another format or layout. */
  Primitive reorder(Memory from, Memory to) {
    reorder.primitive_desc how = new reorder.primitive_desc(from.handle, to.handle);
    return primitive(
        how,
        new reorder(how),
        null,
        new Argument(DNNL_ARG_SRC, from),
        new Argument(DNNL_ARG_DST, to));
  }

  /** Waits until all that was run is done. */
  void finish() {
    stream._wait();
  }

  /** One call of oneDNN, its arguments fixed. */
  static final class Primitive {
    private final dnnl_primitive handle;
    private final dnnl_stream stream;
    private final int count;
    private final dnnl_exec_arg_t arguments;
    final String implementation;

    private Primitive(
        dnnl_primitive handle,
        dnnl_stream stream,
        int count,
        dnnl_exec_arg_t arguments,
        String implementation) {
      this.handle = handle;
      this.stream = stream;
      this.count = count;
      this.arguments = arguments;
      this.implementation = implementation;
    }

    void run() {
      int status = dnnl.dnnl_primitive_execute(handle, stream, count, arguments);
      if (status != 0) {
        throw new JiffusionException("oneDNN could not run an operation: status " + status);
      }
    }
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
    kept.clear();
  }
}
