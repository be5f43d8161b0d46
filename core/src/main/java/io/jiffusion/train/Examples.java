package io.jiffusion.train;

/**
 * What a network sees in one training step, row-major.
 *
 * @param inputs scaled noisy images, [B, C, H, W]
 * @param labels time labels, [B]
 * @param classes [B]; null for a network without classes
 * @param targets what the network should answer, [B, C', H, W]
 * @param weights of each example in the loss, [B]
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Examples(
    float[] inputs, float[] labels, int[] classes, float[] targets, float[] weights) {
  /** B, how many examples there are. */
  public int size() {
    return labels.length;
  }
}
