package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Dnnl.Primitive;
import io.jiffusion.execute.Operation.Function;
import io.jiffusion.tensor.Precision;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.memory.desc;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;

/**
 * Attention forward and backward: P = softmax(Q·Kᵀ/√d), O = P·V, and with it dV = Pᵀ·dO, dP =
 * dO·Vᵀ, dS = P∘(dP − rows' sums of P∘dP), dQ = dS·K/√d, dK = dSᵀ·Q/√d. Image by image and head by
 * head; P is computed again in the backward pass.
 *
 * <p>For one thread at a time.
 */
final class TrainedAttention {
  /** More are the engine's: they would no longer stay in the processor's cache. */
  private static final long MOST_SCORES = 1 << 20;

  private final data_type type;
  private final int bytes; // of a number
  private final int queries;
  private final int keys;
  private final int channels;
  private final int heads;
  private final Memory[]
      ofQuery; // of the head at hand: the memories of which each address is moved
  private final Memory[] ofKey;
  private final Memory[] ofValue;
  private final Memory[] ofResult;
  private final Memory[] ofQueryGradient;
  private final Memory[] ofKeyGradient;
  private final Memory[] ofValueGradient;
  private final Memory[] ofResultGradient;
  private final Primitive[] forward;
  private final Primitive[] backward;

  TrainedAttention(Dnnl dnnl, Precision precision, int queries, int keys, int channels, int heads) {
    int width = channels / heads;
    if (keys == 1 || width == 1 || (long) queries * keys > MOST_SCORES) {
      throw new Unplanned("attention to one key, by heads of one number, or of long sequences");
    }
    this.type = Dnnl.type(precision);
    this.bytes = Dnnl.bytes(precision);
    this.queries = queries;
    this.keys = keys;
    this.channels = channels;
    this.heads = heads;
    long nowhere = dnnl.allocate(0);
    Memory q = rows(dnnl, queries, width, nowhere);
    Memory k = rows(dnnl, keys, width, nowhere);
    Memory turnedK = turned(dnnl, keys, width, nowhere);
    Memory v = rows(dnnl, keys, width, nowhere);
    Memory turnedV = turned(dnnl, keys, width, nowhere);
    Memory o = rows(dnnl, queries, width, nowhere);
    Memory dq = rows(dnnl, queries, width, nowhere);
    Memory dk = rows(dnnl, keys, width, nowhere);
    Memory dv = rows(dnnl, keys, width, nowhere);
    Memory given = rows(dnnl, queries, width, nowhere);
    ofQuery = new Memory[] {q};
    ofKey = new Memory[] {k, turnedK};
    ofValue = new Memory[] {v, turnedV};
    ofResult = new Memory[] {o};
    ofQueryGradient = new Memory[] {dq};
    ofKeyGradient = new Memory[] {dk};
    ofValueGradient = new Memory[] {dv};
    ofResultGradient = new Memory[] {given};

    long[] sizes = {queries, keys};
    long count = (long) queries * keys;
    desc exact = dnnl.dense(data_type.f32, sizes);
    desc rounded = dnnl.dense(type, sizes);
    long each = Dnnl.rounded(4 * count);
    long scratch = dnnl.scratch(4 * each);
    Memory scores = dnnl.at(exact, scratch); // then dP
    Memory exactShares = dnnl.at(exact, scratch + each); // then dS
    Memory shares = dnnl.at(rounded, scratch + 2 * each);
    Memory sensitive = dnnl.at(rounded, scratch + 3 * each);
    double scale = 1 / Math.sqrt(width);
    Primitive ofScores = product(dnnl, q, turnedK, scores, scale);
    forward =
        new Primitive[] {
          ofScores, softmax(dnnl, scores, shares), product(dnnl, shares, v, o, 1),
        };
    backward =
        new Primitive[] {
          ofScores,
          softmax(dnnl, scores, exactShares),
          dnnl.reorder(exactShares, shares),
          product(dnnl, turned(dnnl, shares), given, dv, 1),
          product(dnnl, given, turnedV, scores, 1),
          softmaxBackward(dnnl, exactShares, scores),
          dnnl.reorder(exactShares, sensitive),
          product(dnnl, sensitive, k, dq, scale),
          product(dnnl, turned(dnnl, sensitive), q, dk, scale)
        };
  }

  private static softmax_forward.primitive_desc softmax(Dnnl dnnl, desc from, desc to) {
    return new softmax_forward.primitive_desc(
        dnnl.engine, prop_kind.forward_training, algorithm.softmax_accurate, from, to, 1);
  }

  private static Primitive softmax(Dnnl dnnl, Memory scores, Memory shares) {
    softmax_forward.primitive_desc how = softmax(dnnl, scores.desc(), shares.desc());
    return dnnl.primitive(
        how,
        new softmax_forward(how),
        null,
        new Argument(DNNL_ARG_SRC, scores),
        new Argument(DNNL_ARG_DST, shares));
  }

  /** From the shares and their gradient to that of the scores, in the place of the shares. */
  private static Primitive softmaxBackward(Dnnl dnnl, Memory shares, Memory gradient) {
    desc exact = shares.desc();
    try (softmax_forward.primitive_desc hint = softmax(dnnl, exact, exact)) {
      softmax_backward.primitive_desc how =
          new softmax_backward.primitive_desc(
              dnnl.engine, algorithm.softmax_accurate, exact, exact, exact, 1, hint);
      return dnnl.primitive(
          how,
          new softmax_backward(how),
          null,
          new Argument(DNNL_ARG_DST, shares),
          new Argument(DNNL_ARG_DIFF_DST, gradient),
          new Argument(DNNL_ARG_DIFF_SRC, shares));
    }
  }

  /** The rows of one head, in sequences that hold all heads side by side. */
  private Memory rows(Dnnl dnnl, int count, int width, long at) {
    return dnnl.at(dnnl.desc(type, new long[] {count, width}, new long[] {channels, 1}), at);
  }

  private Memory turned(Dnnl dnnl, int count, int width, long at) {
    return dnnl.at(dnnl.desc(type, new long[] {width, count}, new long[] {1, channels}), at);
  }

  private Memory turned(Dnnl dnnl, Memory scores) {
    return dnnl.at(
        dnnl.desc(type, new long[] {keys, queries}, new long[] {1, keys}), scores.address());
  }

  private static Primitive product(Dnnl dnnl, Memory a, Memory b, Memory to, double scale) {
    Dnnl.Attributes then = dnnl.attributes();
    return dnnl.product(a, b, to, scale == 1 ? then : then.function(Function.AFFINE, scale, 0));
  }

  /** From the addresses of sequences one behind the other, to that of the results. */
  void forward(int images, long query, long key, long value, long result) {
    for (int image = 0; image < images; image++) {
      for (int head = 0; head < heads; head++) {
        move(ofQuery, query, queries, image, head);
        move(ofKey, key, keys, image, head);
        move(ofValue, value, keys, image, head);
        move(ofResult, result, queries, image, head);
        run(forward);
      }
    }
  }

  /** Writes the gradients of query, key and value. */
  void backward(
      int images, long query, long key, long value, long gradient, long dq, long dk, long dv) {
    for (int image = 0; image < images; image++) {
      for (int head = 0; head < heads; head++) {
        move(ofQuery, query, queries, image, head);
        move(ofKey, key, keys, image, head);
        move(ofValue, value, keys, image, head);
        move(ofResultGradient, gradient, queries, image, head);
        move(ofQueryGradient, dq, queries, image, head);
        move(ofKeyGradient, dk, keys, image, head);
        move(ofValueGradient, dv, keys, image, head);
        run(backward);
      }
    }
  }

  private void move(Memory[] memories, long first, int length, int image, int head) {
    long before = (long) image * length * channels + (long) head * (channels / heads);
    for (Memory memory : memories) {
      Dnnl.move(memory, first + bytes * before);
    }
  }

  private static void run(Primitive[] primitives) {
    for (Primitive primitive : primitives) {
      primitive.run();
    }
  }
}
