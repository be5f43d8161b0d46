package io.jiffusion.random;

/**
 * What a draw is for: draws with different purposes are independent, though seed and index agree.
 */
public enum Purpose {
  /** The state x_T from which an image is sampled. */
  START,
  /** Noise that a stochastic sampler adds in a step. */
  STEP,
  /** The time at which a training example is noised. */
  TIME,
  /** The noise of a training example. */
  NOISE,
  /** Whether a training example keeps its label. */
  LABEL_DROP,
  /** The order in which training examples are seen. */
  SHUFFLE,
  /** Random changes of training images: flips. */
  AUGMENT,
  /** Dropout masks. */
  DROPOUT,
  /** Initial parameters of a network. */
  INIT,
  /** Points of a toy data set. */
  TOY,
  /** The Brownian path that drives a stochastic sampler of a differential equation. */
  BROWNIAN,
  /** Noise of the known part of an image, where the rest is sampled. */
  KNOWN,
  /** Noise that takes a state back to an earlier, noisier time. */
  RENOISE,
  /** Random directions along which a derivative is estimated. */
  PROBE,
  /** Where in its level a value of an image lies. */
  DEQUANTISE,
  /** Which images or directions a measure of quality looks at. */
  MEASURE;

  /**
   * Number of this purpose in the key; part of the stored format of every seed, so entries are only
   * ever appended.
   */
  int code() {
    return ordinal() + 1;
  }
}
