package io.jiffusion.network;

/**
 * What the images of a call are conditioned on, in plain Java; null for what the network does not
 * take.
 *
 * @param classes the class of each image, [images]
 * @param context a sequence for each image to attend to, [images, L, D] row-major
 * @param image an image beside each image, [images, C, H, W] row-major
 * @param augment how each image was augmented, [images, N] row-major; null for not at all
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Conditions(int[] classes, float[] context, float[] image, float[] augment) {
  /** For networks that take nothing but an image and a label. */
  public static final Conditions NONE = new Conditions(null, null, null, null);

  /** A class for each image; null for a network without classes. */
  public static Conditions classes(int[] classes) {
    return new Conditions(classes, null, null, null);
  }
}
