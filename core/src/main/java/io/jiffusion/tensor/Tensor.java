package io.jiffusion.tensor;

import io.jiffusion.base.JiffusionException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An array in native memory, with the operations that networks and training use.
 *
 * <p>Lives until the innermost scope of its thread closes; making one without a scope throws {@link
 * IllegalStateException}. Operations return new tensors unless their name ends in {@code InPlace}.
 */
public final class Tensor {
  final org.bytedeco.pytorch.Tensor pointer;

  Tensor(org.bytedeco.pytorch.Tensor pointer) {
    this.pointer = pointer;
  }

  private static Tensor run(String operation, Supplier<org.bytedeco.pytorch.Tensor> body) {
    Scope.innermost();
    try {
      return new Tensor(body.get());
    } catch (RuntimeException e) {
      throw new JiffusionException(
          "the engine refused " + operation + ": " + Natives.firstLine(e), e);
    }
  }

  // ---- making and reading ----

  /** Copies floats into a new float32 tensor. */
  public static Tensor of(float[] values, long... sizes) {
    if (Arrays.stream(sizes).reduce(1, Math::multiplyExact) != values.length) {
      throw new IllegalArgumentException(
          "illegal sizes: "
              + Arrays.toString(sizes)
              + ", must hold the "
              + values.length
              + " values");
    }
    return run(
        "upload",
        () -> {
          try (FloatPointer data = new FloatPointer(values)) {
            return onDevice(torch.from_blob(data, sizes, new TensorOptions(ScalarType.Float)));
          }
        });
  }

  /** Copies integers into a new int64 tensor of rank 1. */
  public static Tensor of(int[] values) {
    return run(
        "upload",
        () -> {
          long[] wide = Arrays.stream(values).asLongStream().toArray();
          try (LongPointer data = new LongPointer(wide)) {
            return onDevice(
                torch.from_blob(
                    data, new long[] {wide.length}, new TensorOptions(ScalarType.Long)));
          }
        });
  }

  /** A copy where tensors live: the memory it is made from belongs to the caller. */
  private static org.bytedeco.pytorch.Tensor onDevice(org.bytedeco.pytorch.Tensor host) {
    return Torch.device() == Device.CUDA ? host.cuda() : host.clone();
  }

  /** A tensor of zeros with this one's shape and format. */
  public Tensor zerosLike() {
    return run("zeros_like", () -> torch.zeros_like(pointer));
  }

  /** The same values in memory of their own. */
  public Tensor copy() {
    return run("clone", pointer::clone);
  }

  /** The values, row-major, as float32. */
  public float[] floats() {
    Scope.innermost();
    try (Scope scope = Scope.open()) {
      org.bytedeco.pytorch.Tensor plain = pointer.detach().to(ScalarType.Float).contiguous().cpu();
      float[] out = new float[Math.toIntExact(plain.numel())];
      new FloatPointer(plain.data_ptr_float()).get(out);
      return out;
    }
  }

  /** Where the first number lies in the processor's memory, for kernels of other libraries. */
  public long address() {
    return pointer.data_ptr().address();
  }

  /** The single value of a tensor of one element. */
  public double item() {
    return pointer.item_double();
  }

  /** The length of each axis. */
  public long[] sizes() {
    return pointer.shape();
  }

  /** The length of one axis; a negative number counts from the last. */
  public long size(int axis) {
    return pointer.size(axis);
  }

  /** How many elements there are. */
  public long count() {
    return pointer.numel();
  }

  // ---- format ----

  /** In a network's format: bf16 where it is chosen; images channels last there. */
  public Tensor to(Precision precision) {
    return run(
        "to",
        () ->
            precision == Precision.BF16 && pointer.dim() == 4
                ? pointer.to(
                    precision.type,
                    false,
                    false,
                    new MemoryFormatOptional(MemoryFormat.ChannelsLast))
                : pointer.to(precision.type));
  }

  /** Whether elements are bfloat16, and not float32. */
  public boolean isBf16() {
    return pointer.scalar_type().intern() == ScalarType.BFloat16;
  }

  /** In the number format of another tensor. */
  public Tensor like(Tensor other) {
    return run("to", () -> pointer.to(other.pointer.scalar_type()));
  }

  /** The same values row-major in memory: itself if they already are. */
  public Tensor contiguous() {
    return run("contiguous", () -> pointer.contiguous());
  }

  /** An image with the channels of a pixel side by side in memory. */
  public Tensor channelsLast() {
    return run("contiguous", () -> pointer.contiguous(MemoryFormat.ChannelsLast));
  }

  /**
   * This number where it says so and zeros elsewhere, with this tensor's shape and format.
   *
   * @param where row-major, but of an image pixel by pixel, the channels of each side by side
   */
  public Tensor mask(boolean[] where, float number) {
    long[] sizes = sizes();
    boolean image = sizes.length == 4;
    long[] order = image ? new long[] {sizes[0], sizes[2], sizes[3], sizes[1]} : sizes;
    Tensor mask = isBf16() ? bf16Mask(where, number, order) : mask(where, number, order);
    return image ? mask.permute(0, 3, 1, 2) : mask;
  }

  private static Tensor mask(boolean[] where, float number, long[] sizes) {
    float[] values = new float[where.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = where[i] ? number : 0;
    }
    return of(values, sizes);
  }

  private static Tensor bf16Mask(boolean[] where, float number, long[] sizes) {
    short bits = (short) (Float.floatToIntBits(number) + 0x8000 >>> 16); // rounded
    short[] values = new short[where.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = where[i] ? bits : 0;
    }
    return run(
        "upload",
        () -> {
          try (ShortPointer data = new ShortPointer(values)) {
            return onDevice(torch.from_blob(data, sizes, new TensorOptions(ScalarType.BFloat16)));
          }
        });
  }

  /** Memory for a tensor; what is in it is undefined. */
  public static Tensor empty(Precision precision, boolean channelsLast, long... sizes) {
    return run(
        "empty",
        () ->
            torch.empty(
                sizes,
                new TensorOptions(precision.type),
                new MemoryFormatOptional(
                    channelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous)));
  }

  /** Memory for a tensor with this one's shape and format; what is in it is undefined. */
  public Tensor emptyLike() {
    return run("empty_like", () -> torch.empty_like(pointer));
  }

  /** The same values in another shape, in row-major order; −1 for one length that follows. */
  public Tensor reshape(long... sizes) {
    return run("reshape", () -> pointer.reshape(sizes));
  }

  /** The same values with axes in another order; nothing is copied. */
  public Tensor permute(long... axes) {
    return run("permute", () -> pointer.permute(axes));
  }

  /** Some of the places along an axis; nothing is copied. */
  public Tensor narrow(int axis, long from, long count) {
    return run("narrow", () -> pointer.narrow(axis, from, count));
  }

  // ---- arithmetic ----

  /**
   * The sum, element by element; axes of length 1 are repeated, here and in all that takes two
   * tensors.
   */
  public Tensor plus(Tensor other) {
    return run("add", () -> pointer.add(other.pointer));
  }

  /** The difference, element by element. */
  public Tensor minus(Tensor other) {
    return run("sub", () -> pointer.sub(other.pointer));
  }

  /** The product, element by element. */
  public Tensor times(Tensor other) {
    return run("mul", () -> pointer.mul(other.pointer));
  }

  /** The quotient, element by element. */
  public Tensor over(Tensor other) {
    return run("div", () -> pointer.div(other.pointer));
  }

  /** Every element times a number. */
  public Tensor times(double factor) {
    return run("mul", () -> pointer.mul(new Scalar(factor)));
  }

  /** Every element plus a number. */
  public Tensor plus(double term) {
    return run("add", () -> pointer.add(new Scalar(term)));
  }

  /** {@code e^x} of every element. */
  public Tensor exp() {
    return run("exp", pointer::exp);
  }

  /** The natural logarithm of every element. */
  public Tensor log() {
    return run("log", pointer::log);
  }

  /** The sine of every element, in radians. */
  public Tensor sin() {
    return run("sin", pointer::sin);
  }

  /** The cosine of every element, in radians. */
  public Tensor cos() {
    return run("cos", pointer::cos);
  }

  /** {@code x²} of every element. */
  public Tensor square() {
    return run("square", pointer::square);
  }

  /** Mean of all elements. */
  public Tensor mean() {
    return run("mean", pointer::mean);
  }

  /** Mean over axes, which disappear. */
  public Tensor mean(long... axes) {
    return run("mean", () -> pointer.mean(axes, false, new ScalarTypeOptional()));
  }

  /** Sum of all elements. */
  public Tensor sum() {
    return run("sum", pointer::sum);
  }

  /** Adds to these very elements. */
  public void addInPlace(Tensor other) {
    run("add_", () -> pointer.add_(other.pointer));
  }

  /** Overwrites these very elements, converting them if need be. */
  public void copyInPlace(Tensor other) {
    run("copy_", () -> pointer.copy_(other.pointer));
  }

  // ---- what networks are made of ----

  /** Convolution; weight [out, in, k, k], bias [out] or null. */
  public Tensor conv(Tensor weight, Tensor bias, long stride, long padding) {
    return conv(weight, bias, stride, padding, padding);
  }

  /** The same with other zeros above and below than at the sides; weight [out, in, h, w]. */
  public Tensor conv(Tensor weight, Tensor bias, long stride, long rows, long columns) {
    return run(
        "conv2d",
        () ->
            torch.conv2d(
                pointer,
                weight.pointer,
                optional(bias),
                new long[] {stride, stride},
                new long[] {rows, columns},
                new long[] {1, 1},
                1));
  }

  /** The adjoint of a convolution without bias; weight [in, out, k, k]. */
  public Tensor convTransposed(Tensor weight, long stride, long padding) {
    return run(
        "conv_transpose2d",
        () ->
            torch.conv_transpose2d(
                pointer,
                weight.pointer,
                new TensorOptional(),
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {0, 0},
                1,
                new long[] {1, 1}));
  }

  /** Float32 ones at these int64 numbers, [B, size]. */
  public Tensor oneHot(long size) {
    return run("one_hot", () -> torch.one_hot(pointer, size).to(ScalarType.Float));
  }

  /** x·weightᵀ + bias; weight [out, in], bias [out] or null. */
  public Tensor linear(Tensor weight, Tensor bias) {
    return run("linear", () -> torch.linear(pointer, weight.pointer, optional(bias)));
  }

  /**
   * The same for [B, N, in], with a product for each of B: a product of all rows rounds the last
   * ones differently on some processors, so that a result would depend on its place in the batch.
   */
  public Tensor linearEach(Tensor weight, Tensor bias) {
    return run(
        "linear",
        () -> {
          var turned = weight.pointer.t().unsqueeze(0).expand(sizes()[0], -1, -1);
          return bias == null
              ? torch.bmm(pointer, turned)
              : torch.baddbmm(bias.pointer, pointer, turned);
        });
  }

  /**
   * Each group of channels of each image with mean 0 and variance 1, then times weight and plus
   * bias, each [C] or null.
   */
  public Tensor groupNorm(long groups, Tensor weight, Tensor bias, double eps) {
    return run(
        "group_norm",
        () -> torch.group_norm(pointer, groups, optional(weight), optional(bias), eps, false));
  }

  /** Over the last axis; weight and bias [size of it] or null. */
  public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
    long[] last = {sizes()[sizes().length - 1]};
    return run(
        "layer_norm",
        () -> torch.layer_norm(pointer, last, optional(weight), optional(bias), eps, false));
  }

  /** GELU by its approximation with tanh, as DiT and GPT-2 have it. */
  public Tensor geluTanh() {
    return run("gelu", () -> torch.gelu(pointer, new BytePointer("tanh")));
  }

  /** {@code max(x, 0)} of every element. */
  public Tensor relu() {
    return run("relu", () -> torch.relu(pointer));
  }

  /** The hyperbolic tangent of every element. */
  public Tensor tanh() {
    return run("tanh", pointer::tanh);
  }

  /** {@code x/(1 + e^−x)} of every element, also called swish. */
  public Tensor silu() {
    return run("silu", () -> torch.silu(pointer));
  }

  /** {@code x·Φ(x)} of every element, Φ being the normal distribution function. */
  public Tensor gelu() {
    return run("gelu", () -> torch.gelu(pointer));
  }

  /**
   * Scaled dot-product attention; this is the query, all are [B, heads, N, width]; the scale is
   * 1/√width.
   */
  public Tensor attention(Tensor key, Tensor value) {
    return run(
        "attention",
        () ->
            torch.scaled_dot_product_attention(
                pointer,
                key.pointer,
                value.pointer,
                new TensorOptional(),
                0,
                false,
                new DoubleOptional(),
                false));
  }

  /** One behind the other along an axis; all other lengths agree. */
  public static Tensor concat(List<Tensor> parts, int axis) {
    return run(
        "cat",
        () -> {
          TensorVector vector = new TensorVector();
          parts.forEach(part -> vector.push_back(part.pointer));
          return torch.cat(vector, axis);
        });
  }

  /** Nearest-neighbour upsampling by two. */
  public Tensor upsample() {
    return run(
        "upsample",
        () ->
            torch.upsample_nearest2d(
                pointer,
                new long[] {2 * size(2), 2 * size(3)},
                new DoubleOptional(),
                new DoubleOptional()));
  }

  /** Bilinear interpolation to another size, pixels taken as areas. */
  public Tensor bilinear(long height, long width) {
    return run(
        "upsample_bilinear2d",
        () ->
            torch.upsample_bilinear2d(
                pointer,
                new long[] {height, width},
                false,
                new DoubleOptional(),
                new DoubleOptional()));
  }

  /** Means over windows; the zeros above and below, and at the sides, do not count. */
  public Tensor averagePool(long height, long width, long stride, long rows, long columns) {
    return run(
        "avg_pool2d",
        () ->
            torch.avg_pool2d(
                pointer,
                new long[] {height, width},
                new long[] {stride, stride},
                new long[] {rows, columns},
                false,
                false,
                new LongOptional()));
  }

  /**
   * The largest numbers in windows; what lies above and below, and at the sides, does not count.
   */
  public Tensor maxPool(long height, long width, long stride, long rows, long columns) {
    return run(
        "max_pool2d",
        () ->
            torch.max_pool2d(
                pointer,
                new long[] {height, width},
                new long[] {stride, stride},
                new long[] {rows, columns},
                new long[] {1, 1},
                false));
  }

  /** Zeros around an image. */
  public Tensor pad(long margin) {
    long[] sides = {margin, margin, margin, margin};
    return run("pad", () -> torch.constant_pad_nd(pointer, sides, new Scalar(0)));
  }

  /** One row of zeros below and one column to the right. */
  public Tensor padBottomRight() {
    return run("pad", () -> torch.constant_pad_nd(pointer, new long[] {0, 1, 0, 1}, new Scalar(0)));
  }

  /** Rows of a table; this holds the int64 row numbers. */
  public Tensor rowsOf(Tensor table) {
    return run("embedding", () -> torch.embedding(table.pointer, pointer));
  }

  /** Mean cross entropy of logits [B, classes] against class numbers [B]. */
  public Tensor crossEntropy(Tensor classes) {
    return run("cross_entropy", () -> torch.cross_entropy_loss(pointer, classes.pointer));
  }

  // ---- gradients ----

  /** The same memory as a parameter of its own, which wants a gradient. */
  public Tensor leaf() {
    Tensor leaf = run("leaf", pointer::detach);
    leaf.pointer.set_requires_grad(true); // which returns no owner
    return leaf;
  }

  /** Whether {@link #backward} would reach a leaf from here. */
  public boolean hasLeaf() {
    return pointer.requires_grad();
  }

  /** What has reached a leaf, which has no gradient after it; null if nothing has. */
  public Tensor takeGradient() {
    org.bytedeco.pytorch.Tensor gradient = pointer.mutable_grad();
    if (!gradient.defined()) {
      return null;
    }
    Tensor taken = run("grad", gradient::detach);
    gradient.reset();
    return taken;
  }

  /** Adds this scalar's gradients to all leaves that it was made from. */
  public void backward() {
    backward(null);
  }

  /**
   * Adds to all leaves that this was made from what its own gradient means for them.
   *
   * @param gradient with this one's shape; null for the 1 of a scalar
   */
  public void backward(Tensor gradient) {
    Scope.innermost();
    try {
      if (gradient == null) {
        pointer.backward();
      } else {
        pointer.backward(gradient.pointer, new BoolOptional(), false, new TensorArrayRefOptional());
      }
    } catch (RuntimeException e) {
      throw new JiffusionException("the engine refused backward: " + Natives.firstLine(e), e);
    }
  }

  // ---- life ----

  /** Lets it live beyond its scope, until {@link #release}. */
  public Tensor keep() {
    pointer.retainReference();
    return this;
  }

  /** Undoes one {@link #keep}. */
  public void release() {
    pointer.releaseReference();
  }

  private static TensorOptional optional(Tensor tensor) {
    return tensor == null ? new TensorOptional() : new TensorOptional(tensor.pointer);
  }
}
