package io.jiffusion.network;

/**
 * A small convolutional network that tells classes apart: four convolutions, the image halved
 * between them, then the mean over what is left of it. Quick to train rather than the best there
 * is.
 *
 * <p>Its one output holds both that are wanted of it: the features, that is the means, in channels
 * 0 … features−1, and the logits, a linear map of the features, in the channels after them.
 *
 * @param config its shape
 * @param timed whether the images are noisy, and the label, a time, is looked at: for guidance
 *     (Dhariwal, Nichol: Diffusion models beat GANs on image synthesis, 2021)
 */
public record Classifier(ClassifierConfig config, boolean timed) implements Network {
  static final int GROUPS = 8;
  private static final double EPS = 1e-5;
  private static final int EMBEDDING = 64;

  /** A classifier of clean images. */
  public Classifier(ClassifierConfig config) {
    this(config, false);
  }

  @Override
  public Shape input() {
    return Shape.of(config.inputChannels(), config.size(), config.size());
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    int width = config.channels();
    T emb = timed ? ops.block("time", o -> embed(o, label)) : null;
    T h = layer(ops, x, emb, "layer.0", width, 5, 2);
    h = layer(ops, h, emb, "layer.1", 2 * width, 3, 1);
    h = ops.averagePool(h);
    h = layer(ops, h, emb, "layer.2", 4 * width, 3, 1);
    h = ops.averagePool(h);
    h = layer(ops, h, emb, "layer.3", config.features(), 3, 1);
    while (ops.shape(h).size(2) > 1) {
      h = ops.averagePool(h);
    }
    T logits = ops.conv(h, "logits", config.classes(), 1, 1, Ops.Padding.SYMMETRIC, 1);
    return ops.concat(h, logits); // [B, features + classes, 1, 1]
  }

  private static <T> T embed(Ops<T> ops, T label) {
    T emb = ops.sinusoid(label, EMBEDDING, Ops.Order.SIN_COS, 1);
    return ops.silu(ops.linear(emb, "linear", EMBEDDING, 1)); // [B, EMBEDDING]
  }

  private static <T> T layer(Ops<T> ops, T x, T emb, String name, int out, int kernel, int stride) {
    return ops.block(
        name,
        o -> {
          T h = o.conv(x, "conv", out, kernel, stride, Ops.Padding.SYMMETRIC, 1);
          if (emb != null) {
            h = o.addChannels(h, o.linear(emb, "time", out, 1));
          }
          return o.silu(o.groupNorm(h, "norm", GROUPS, EPS));
        });
  }
}
