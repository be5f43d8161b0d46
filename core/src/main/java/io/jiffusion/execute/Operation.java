package io.jiffusion.execute;

import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Window;
import java.util.List;

/**
 * What a {@link Node} does with its inputs: the vocabulary of {@link io.jiffusion.network.Ops} as
 * data, and what rewritings make of it. Data, so that a rewriting can look at an operation and put
 * another in its place; sealed, so that all of them are here.
 */
sealed interface Operation {

  /** What a network is given. */
  enum Given {
    X,
    LABEL,
    CLASSES,
    CONTEXT,
    IMAGE,
    AUGMENT
  }

  /** What is done number by number, alone or at the end of another operation. */
  enum Function {
    SILU,
    GELU,
    GELU_TANH,
    RELU,
    TANH,
    /** {@code factor·x + term}. */
    AFFINE,
    /** With a second input of the same shape. */
    ADD,
    /** With a second input of the same shape. */
    MULTIPLY;

    boolean binary() {
      return this == ADD || this == MULTIPLY;
    }
  }

  record Input(Given given) implements Operation {}

  /** With {@code low} zeros above and to the left, {@code high} below and to the right. */
  record Conv(String name, int kernel, int stride, int low, int high, boolean bias)
      implements Operation {}

  /** By filters of any height and width, with bias. */
  record WindowConv(String name, Window window) implements Operation {}

  /** A 3×3 convolution, padded by one, of an image with every pixel doubled in both directions. */
  record UpConv(String name, boolean bias) implements Operation {}

  /** Linear layers of one input, their outputs side by side. */
  record Linear(List<String> names, boolean bias) implements Operation {}

  /**
   * Group norm.
   *
   * @param added whether a vector, the next input, is added to every pixel before
   * @param modulated whether the next two inputs are vectors, scale and shift, applied after
   * @param function what is done at the end, or null
   */
  record GroupNorm(
      String name, int groups, double eps, boolean added, boolean modulated, Function function)
      implements Operation {}

  /**
   * Layer norm.
   *
   * @param name of its parameters, null for none
   * @param modulated as for group norm
   */
  record LayerNorm(String name, double eps, boolean modulated) implements Operation {}

  record Elementwise(Function function, double factor, double term) implements Operation {}

  /** An image plus a vector for every pixel. */
  record AddChannels() implements Operation {}

  /** Times a vector for every pixel or element. */
  record MultiplyChannels() implements Operation {}

  /** By the label of each image. */
  record Divide() implements Operation {}

  record ScaleShift() implements Operation {}

  record Concat() implements Operation {}

  record Channels(int from, int count) implements Operation {}

  record Upsample() implements Operation {}

  record Bilinear() implements Operation {}

  /**
   * What a window sees of each channel.
   *
   * @param largest whether it is the largest number, else the mean of those that are there
   */
  record Pool(Window window, boolean largest) implements Operation {}

  record Pad(int margin) implements Operation {}

  /** Every channel by itself through a filter, to half the size or to twice the size. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Filter(float[] taps, int margin, boolean up) implements Operation {}

  /** Image to sequence, and back: the same numbers in memory. */
  record Reshape() implements Operation {}

  /** A sequence as an image of one pixel: the same numbers in memory. */
  record Flatten() implements Operation {}

  /** A vector as a sequence of one. */
  record Sequence() implements Operation {}

  record Unpatch(int patch) implements Operation {}

  record Attention(int heads) implements Operation {}

  record Sinusoid(Order order, int shift) implements Operation {}

  record Fourier(String name, Order order) implements Operation {}

  record Log() implements Operation {}

  record OneHot(int rows) implements Operation {}

  record Embedding(String name) implements Operation {}

  /** Numbers [N, C] added to every sequence: a parameter if it has a name. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record AddTable(String name, float[] values) implements Operation {}

  /** The same numbers, one row behind the other. */
  record Copy() implements Operation {}

  /** What a plan cannot do. */
  record Unknown(String name) implements Operation {
    @Override
    public String toString() {
      return name;
    }
  }
}
