package io.jiffusion.network;

import java.util.function.Function;

/**
 * The vocabulary in which networks are written. What T is decides what happens: a shape ({@link
 * Shapes}) gives parameters and costs, a tensor computes.
 *
 * <p>Images are [B, C, H, W], vectors [B, C], sequences [B, N, C]. Parameters are asked for by
 * name; names are scoped by {@link #block}; a name asked for twice is the same parameter.
 */
public interface Ops<T> {

  /** Where a convolution with stride 2 takes its missing pixels from. */
  enum Padding {
    /** (k−1)/2 zeros on every side. */
    SYMMETRIC,
    /** One row of zeros below and one column to the right: TensorFlow's SAME for stride 2. */
    BOTTOM_RIGHT
  }

  /** The order of the two halves of a sinusoidal embedding. */
  enum Order {
    SIN_COS,
    COS_SIN
  }

  /**
   * A named part of the network: prefixes the names of its parameters, and is the unit of memory in
   * which an execution works. Only the result leaves it.
   */
  T block(String name, Function<Ops<T>, T> body);

  /** Sizes of a value. */
  Shape shape(T x);

  /** Convolution with bias; {@code kernel} odd, {@code stride} 1 or 2. */
  T conv(T x, String name, int out, int kernel, int stride, Padding padding, double initScale);

  /** Linear layer with bias on the last axis of a vector or sequence. */
  T linear(T x, String name, int out, double initScale);

  /** Group normalisation of an image's channels, with scale and shift. Statistics in float32. */
  T groupNorm(T x, String name, int groups, double eps);

  T silu(T x);

  /** The exact one, by the error function. */
  T gelu(T x);

  T add(T a, T b);

  /** {@code factor·x + term}. */
  T affine(T x, double factor, double term);

  /** An image plus a vector for every pixel: [B, C, H, W] + [B, C]. */
  T addChannels(T x, T vector);

  /** {@code x·(1 + scale) + shift}, scale and shift being vectors [B, C]. */
  T scaleShift(T x, T scale, T shift);

  /** Joins along the channels. */
  T concat(T a, T b);

  /** Channels {@code from … from+count−1}. */
  T channels(T x, int from, int count);

  /** Every pixel four times. */
  T upsample(T x);

  /** Means over 2×2 pixels. */
  T averagePool(T x);

  /** Mean over the pixels: [B, C, H, W] to [B, C]. */
  T mean(T x);

  /** Image to sequence of pixels: [B, C, H, W] to [B, H·W, C]. */
  T tokens(T x);

  /** Sequence of pixels to image: [B, H·W, C] to [B, C, H, W]. */
  T image(T x, long height, long width);

  /**
   * Scaled dot-product attention, softmax(q·kᵀ/√width)·v for each head; sequences [B, N, C] whose
   * channels are the heads in order. Softmax in float32.
   */
  T attention(T q, T k, T v, int heads);

  /**
   * Sinusoidal embedding of labels, [B] to [B, width], in float32: frequencies {@code
   * exp(−ln(10000)·i/(width/2 − shift))}, i = 0 … width/2 − 1.
   *
   * @param shift 1 (DDPM) or 0 (improved-diffusion)
   */
  T sinusoid(T label, int width, Order order, int shift);

  /** Rows of a trained table [rows, width], in float32. */
  T embedding(T index, String name, int rows, int width);

  /**
   * Zeroes a share p of the values in training and scales the rest by 1/(1−p); the identity
   * otherwise.
   */
  T dropout(T x, String name, double p);
}
