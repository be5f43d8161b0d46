package io.jiffusion.execute;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import io.jiffusion.execute.Dnnl.Argument;
import io.jiffusion.execute.Dnnl.Memory;
import io.jiffusion.execute.Emitter.Part;
import io.jiffusion.execute.Operation.Attention;
import io.jiffusion.execute.Operation.Function;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory.data_type;
import org.bytedeco.dnnl.softmax_forward;

/** Attention head by head, in pieces whose scores stay small. Scores and softmax are float32. */
final class AttentionSteps {
  private static final long MOST_SCORES = 1 << 21;

  private final Emitter out;
  private final Dnnl dnnl;

  AttentionSteps(Emitter out) {
    this.out = out;
    this.dnnl = out.dnnl;
  }

  /** How much is done at a time: images, and queries of each. */
  private record Piece(int images, int queries) {
    static Piece of(Node node, int images) {
      long queries = node.height();
      long keys = node.inputs.get(1).height();
      if (images * queries * keys <= MOST_SCORES) {
        return new Piece(images, (int) queries);
      }
      return new Piece(1, (int) Math.max(1, Math.min(queries, MOST_SCORES / keys)));
    }

    long scores(Node node) {
      return (long) images * queries * node.inputs.get(1).height();
    }
  }

  /** Bytes for scores and probabilities. */
  static long scratch(Node node, int images) {
    return 8 * Piece.of(node, images).scores(node) + 64;
  }

  void emit(Node node, Attention attention) {
    int heads = attention.heads();
    int width = node.channels() / heads;
    int queries = node.height();
    int keys = node.inputs.get(1).height();
    if (keys == 1 || width == 1) {
      // many products over one number, lying apart, are wrong in oneDNN 3.11; one key is rewritten
      throw new Unplanned("attention to one key or by heads of one number");
    }
    Piece piece = Piece.of(node, out.images);
    for (int head = 0; head < heads; head++) {
      Part q = head(node.inputs.get(0), head, width);
      Part k = head(node.inputs.get(1), head, width);
      Part v = head(node.inputs.get(2), head, width);
      Part to = head(node, head, width);
      for (int image = 0; image < out.images; image += piece.images) {
        int images = Math.min(piece.images, out.images - image);
        for (int query = 0; query < queries; query += piece.queries) {
          int count = Math.min(piece.queries, queries - query);
          emit(
              rows(q, queries, image, images, query, count),
              turned(k, keys, image, images),
              rows(v, keys, image, images, 0, keys),
              rows(to, queries, image, images, query, count),
              new long[] {images, count, keys},
              width);
        }
      }
    }
  }

  private void emit(Memory q, Memory k, Memory v, Memory to, long[] sizes, int width) {
    Memory scores = dnnl.at(dnnl.dense(data_type.f32, sizes), out.scratch);
    long behind = (4 * sizes[0] * sizes[1] * sizes[2] + 63) / 64 * 64;
    Memory shares = dnnl.at(dnnl.dense(out.type, sizes), out.scratch + behind);
    double flops = 2.0 * sizes[0] * sizes[1] * sizes[2] * width;
    Dnnl.Attributes scaled = dnnl.attributes().function(Function.AFFINE, 1 / Math.sqrt(width), 0);
    out.step("attention", "attention scores", flops, dnnl.product(q, k, scores, scaled));
    softmax_forward.primitive_desc how =
        new softmax_forward.primitive_desc(
            dnnl.engine,
            Emitter.INFERENCE,
            algorithm.softmax_accurate,
            scores.desc(),
            shares.desc(),
            2);
    out.step(
        "attention",
        "attention softmax",
        0,
        dnnl.primitive(
            how,
            new softmax_forward(how),
            null,
            new Argument(DNNL_ARG_SRC, scores),
            new Argument(DNNL_ARG_DST, shares)));
    out.step(
        "attention", "attention values", flops, dnnl.product(shares, v, to, dnnl.attributes()));
  }

  private Part head(Node node, int head, int width) {
    Part all = out.only(node);
    return new Part(all.address() + (long) head * width * out.width, width, all.row());
  }

  /** [images, count, width] of a sequence of this length, from one element on. */
  private Memory rows(Part part, int length, int image, int images, int first, int count) {
    long row = part.row();
    return dnnl.at(
        dnnl.desc(
            out.type,
            new long[] {images, count, part.channels()},
            new long[] {length * row, row, 1}),
        part.address() + ((long) image * length + first) * row * out.width);
  }

  /** [images, width, length]. */
  private Memory turned(Part part, int length, int image, int images) {
    long row = part.row();
    return dnnl.at(
        dnnl.desc(
            out.type,
            new long[] {images, part.channels(), length},
            new long[] {length * row, 1, row}),
        part.address() + (long) image * length * row * out.width);
  }
}
