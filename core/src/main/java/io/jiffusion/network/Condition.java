package io.jiffusion.network;

/**
 * What an evaluation is conditioned on; what a network does not ask for is null.
 *
 * @param classes the class of each image, [B] integers
 * @param context a sequence for each image to attend to, [B, L, D]
 * @param image an image beside each image, [B, C, H, W]: the small one of super-resolution
 * @param augment how each training image was augmented, [B, N]
 */
public record Condition<T>(T classes, T context, T image, T augment) {

  /** No condition. */
  public static <T> Condition<T> none() {
    return new Condition<>(null, null, null, null);
  }

  /** A class for each image; null for a network without classes. */
  public static <T> Condition<T> classes(T classes) {
    return new Condition<>(classes, null, null, null);
  }
}
