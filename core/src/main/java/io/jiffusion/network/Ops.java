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
    BOTTOM_RIGHT,
    /** From nowhere: the result shrinks. */
    NONE
  }

  /**
   * A window that moves over an image.
   *
   * @param height rows of pixels that it sees
   * @param width pixels of a row that it sees
   * @param stride pixels that it moves at a time, in both directions
   * @param rows of zeros above and below the image
   * @param columns of zeros at either side of it
   */
  record Window(int height, int width, int stride, int rows, int columns) {

    /** A square one without zeros. */
    public static Window of(int size, int stride) {
      return new Window(size, size, stride, 0, 0);
    }

    /** Of odd height and width, with as many zeros as keep the image's size. */
    public static Window same(int height, int width) {
      return new Window(height, width, 1, height / 2, width / 2);
    }
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

  /** Convolution with bias. */
  default T conv(
      T x, String name, int out, int kernel, int stride, Padding padding, double initScale) {
    return conv(x, name, out, kernel, stride, padding, initScale, true);
  }

  /** Convolution, with or without bias; {@code kernel} odd unless there is no padding. */
  T conv(
      T x,
      String name,
      int out,
      int kernel,
      int stride,
      Padding padding,
      double initScale,
      boolean bias);

  /** Convolution with bias by filters of any height and width. */
  T conv(T x, String name, int out, Window window);

  /** Linear layer with bias on the last axis of a vector or sequence. */
  default T linear(T x, String name, int out, double initScale) {
    return linear(x, name, out, initScale, true);
  }

  /** Linear layer on the last axis of a vector or sequence, with or without bias. */
  T linear(T x, String name, int out, double initScale, boolean bias);

  /** Group normalisation of an image's channels, with scale and shift. Statistics in float32. */
  T groupNorm(T x, String name, int groups, double eps);

  /** Normalises each element of a sequence by itself, with scale and shift. In float32. */
  T layerNorm(T x, String name, double eps);

  /** Normalises each element of a sequence by itself, without parameters. In float32. */
  T layerNorm(T x, double eps);

  T silu(T x);

  /** The exact one, by the error function. */
  T gelu(T x);

  /** By {@code 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))}. */
  T geluTanh(T x);

  T relu(T x);

  T tanh(T x);

  T add(T a, T b);

  /** Product of two values of one shape. */
  T multiply(T a, T b);

  /** {@code factor·x + term}. */
  T affine(T x, double factor, double term);

  /** An image plus a vector for every pixel: [B, C, H, W] + [B, C]. */
  T addChannels(T x, T vector);

  /** Images or sequences times a vector [B, C] for every pixel or element. */
  T multiplyChannels(T x, T vector);

  /**
   * {@code x·(1 + scale) + shift} of images or sequences, scale and shift being vectors [B, C] for
   * every pixel or element.
   */
  T scaleShift(T x, T scale, T shift);

  /** Joins images or vectors along the channels, sequences one behind the other. */
  T concat(T a, T b);

  /** Channels {@code from … from+count−1} of images, vectors, or the elements of sequences. */
  T channels(T x, int from, int count);

  /** Every pixel four times. */
  T upsample(T x);

  /** Another size by bilinear interpolation, pixels taken as areas (align_corners false). */
  T bilinear(T x, long height, long width);

  /** Means over 2×2 pixels. */
  default T averagePool(T x) {
    return averagePool(x, Window.of(2, 2));
  }

  /** Means over what a window sees of the image; zeros around it do not count. */
  T averagePool(T x, Window window);

  /** The largest of what a window sees of the image, channel by channel. */
  T maxPool(T x, Window window);

  /** Zeros around an image. */
  T pad(T x, int margin);

  /**
   * Half the size through a filter: {@code taps} across and down, their sum 1 in each direction,
   * over an image with {@code margin} zeros around it.
   */
  T filterDown(T x, float[] taps, int margin);

  /**
   * Twice the size through a filter: zeros between the pixels, {@code taps} across and down, their
   * sum 2 in each direction, and {@code crop} pixels taken off at each side.
   */
  T filterUp(T x, float[] taps, int crop);

  /** Mean over the pixels: [B, C, H, W] to [B, C]. */
  T mean(T x);

  /** Image to sequence of pixels: [B, C, H, W] to [B, H·W, C]. */
  T tokens(T x);

  /** A sequence as an image of one pixel: [B, N, C] to [B, N·C, 1, 1]. */
  T flatten(T x);

  /** A sequence of one: [B, C] to [B, 1, C]. */
  T sequence(T vector);

  /** Elements {@code from … from+count−1} of a sequence. */
  T elements(T x, int from, int count);

  /** Sequence of pixels to image: [B, H·W, C] to [B, C, H, W]. */
  T image(T x, long height, long width);

  /**
   * Sequence of square patches to image: [B, H·W, p·p·C] to [B, C, H·p, W·p]. An element has the
   * patch's rows, in these its columns, in these the channels.
   */
  T unpatch(T x, long height, long width, int patch);

  /**
   * Scaled dot-product attention, softmax(q·kᵀ/√width)·v for each head; sequences [B, N, C] whose
   * channels are the heads in order. Softmax in float32.
   */
  T attention(T q, T k, T v, int heads);

  /**
   * Sinusoidal embedding of labels, or of the numbers of classes, [B] to [B, width], in float32:
   * frequencies {@code exp(−ln(10000)·i/(width/2 − shift))}, i = 0 … width/2 − 1.
   *
   * @param shift 1 (DDPM) or 0 (improved-diffusion)
   */
  T sinusoid(T label, int width, Order order, int shift);

  /**
   * Random Fourier features of labels, [B] to [B, width], in float32: sine and cosine of {@code
   * label·w·2π}, where w are width/2 frequencies, drawn once with this standard deviation and never
   * trained.
   */
  T fourier(T label, String name, int width, Order order, double std);

  /** Natural logarithm of labels. */
  T log(T label);

  /** Each image divided by its label. */
  T divide(T image, T label);

  /** A trained table [N, C] added to each sequence [B, N, C]. */
  T addTable(T sequence, String name, double std);

  /** Fixed numbers [N, C], row-major, added to each sequence [B, N, C]. */
  T addConstant(T sequence, float[] values);

  /** Ones at the classes, [B] to [B, rows]; nothing but zeros for class {@code rows}. */
  T oneHot(T classes, int rows);

  /** Rows of a trained table [rows, width], in float32. */
  T embedding(T index, String name, int rows, int width);

  /**
   * Zeroes a share p of the values in training and scales the rest by 1/(1−p); the identity
   * otherwise.
   */
  T dropout(T x, String name, double p);
}
