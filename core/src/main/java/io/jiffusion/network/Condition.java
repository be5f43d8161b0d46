package io.jiffusion.network;

/**
 * What an evaluation is conditioned on.
 *
 * @param classes the class of each image, [B] integers; null for a network without classes
 */
public record Condition<T>(T classes) {

  /** No condition. */
  public static <T> Condition<T> none() {
    return new Condition<>(null);
  }
}
