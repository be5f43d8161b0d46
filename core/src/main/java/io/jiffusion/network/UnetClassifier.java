package io.jiffusion.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The noisy classifier of guided diffusion: a U-Net's way down and middle, and what is seen there
 * put together (Dhariwal, Nichol: Diffusion models beat GANs on image synthesis, 2021).
 *
 * @param config its shape; the way up of its U-Net is not used
 */
public record UnetClassifier(UnetClassifierConfig config) implements Network {
  private static final int HIDDEN = 2048;

  private UnetConfig unet() {
    return config.unet();
  }

  @Override
  public Shape input() {
    return Shape.of(unet().inputChannels(), unet().height(), unet().width());
  }

  @Override
  public int classes() {
    return 0;
  }

  /** Gives the logits, [B, outputs]. */
  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    Unet body = new Unet(unet());
    Deque<T> seen = new ArrayDeque<>();
    T emb = ops.block("time", o -> body.embed(o, label, condition));
    T h = body.middle(ops, body.encode(ops, x, emb, condition, seen), emb, condition);
    seen.push(h);
    return ops.block(
        "out",
        o ->
            switch (config.pool()) {
              case ADAPTIVE ->
                  o.linear(o.mean(o.silu(body.norm(o, h, "norm"))), "logits", config.outputs(), 0);
              case ATTENTION -> attention(o, o.silu(body.norm(o, h, "norm")));
              case SPATIAL -> {
                T hidden = o.linear(means(o, seen), "hidden", HIDDEN, 1);
                yield o.linear(o.relu(hidden), "logits", config.outputs(), 1);
              }
              case SPATIAL_V2 -> {
                T hidden = o.linear(means(o, seen), "hidden", HIDDEN, 1);
                T image = o.image(o.sequence(hidden), 1, 1);
                T normed = o.mean(o.groupNorm(image, "norm", unet().groups(), unet().eps()));
                yield o.linear(o.silu(normed), "logits", config.outputs(), 1);
              }
            });
  }

  /** Attention of the mean to the pixels and itself. */
  private <T> T attention(Ops<T> ops, T x) {
    int channels = (int) ops.shape(x).size(1);
    T all = ops.concat(ops.sequence(ops.mean(x)), ops.tokens(x)); // [B, 1 + H·W, C]
    all = ops.addTable(all, "positions", 1 / Math.sqrt(channels));
    T mixed = new AttentionLayer(config.poolHeads()).apply(ops, all, all, channels);
    T first = ops.mean(ops.image(ops.elements(mixed, 0, 1), 1, 1)); // [B, C]
    return ops.linear(first, "logits", config.outputs(), 1);
  }

  /** The means of all that was seen, in order. */
  private static <T> T means(Ops<T> ops, Deque<T> seen) {
    Iterator<T> inOrder = seen.descendingIterator();
    T means = ops.mean(inOrder.next());
    while (inOrder.hasNext()) {
      means = ops.concat(means, ops.mean(inOrder.next()));
    }
    return means;
  }
}
