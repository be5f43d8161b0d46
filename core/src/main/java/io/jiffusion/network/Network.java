package io.jiffusion.network;

/**
 * A network, written once against {@link Ops} and used for shapes and counts, for training and for
 * sampling alike.
 *
 * <p>It knows an input, a label and a condition, and not what noise is.
 */
public interface Network {

  /**
   * Applies the network.
   *
   * @param x input, [B, C, H, W]
   * @param label time labels, [B], float32
   * @param condition classes and the like
   * @return output, [B, C', H, W]
   */
  <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition);

  /** Shape of one input image, [C, H, W]. */
  Shape input();

  /**
   * Number of classes that {@link Condition#classes} may name, the null class included; 0 for none.
   */
  int classes();

  /** Width D of the sequence that {@link Condition#context} must be; 0 for none. */
  default int contextWidth() {
    return 0;
  }

  /** Whether the context may be left out for a class to stand in its place, by a table. */
  default boolean contextOfClass() {
    return false;
  }

  /** Shape [C, H, W] of the image that {@link Condition#image} must be; null for none. */
  default Shape image() {
    return null;
  }

  /** Numbers that {@link Condition#augment} has for each image; 0 for none. */
  default int augmentWidth() {
    return 0;
  }
}
