package io.jiffusion.execute;

import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32;

/**
 * A network run operation by operation on tensors, with gradients in training.
 *
 * <p>Images and sequences are in the network's precision; vectors (time and class embeddings) stay
 * float32.
 */
public final class Eager implements Ops<Tensor> {

  /**
   * Where dropout masks come from.
   *
   * @param seed of the training run
   * @param step the training step
   */
  public record Dropout(long seed, long step) {}

  private final String prefix;
  private final Params params;
  private final Params formats;
  private final Precision precision;
  private final Dropout dropout;

  private Eager(
      String prefix, Params params, Params formats, Precision precision, Dropout dropout) {
    this.prefix = prefix;
    this.params = params;
    this.formats = formats;
    this.precision = precision;
    this.dropout = dropout;
  }

  /** For training: weights are converted in every step, so that gradients reach them. */
  public static Eager training(Params params, Precision precision, Dropout dropout) {
    return new Eager("", params, null, precision, dropout);
  }

  /**
   * For sampling.
   *
   * @param formats keeps the weights in the formats in which they are needed, filled here; may be
   *     shared by threads
   */
  public static Eager inference(Params params, Params formats, Precision precision) {
    return new Eager("", params, formats, precision, null);
  }

  @Override
  public Tensor block(String name, Function<Ops<Tensor>, Tensor> body) {
    return Scope.of(
        () -> body.apply(new Eager(prefix + name + ".", params, formats, precision, dropout)));
  }

  @Override
  public Shape shape(Tensor x) {
    return Shape.of(x.sizes());
  }

  @Override
  public Tensor conv(
      Tensor x,
      String name,
      int out,
      int kernel,
      int stride,
      Padding padding,
      double initScale,
      boolean bias) {
    Tensor weight = parameter(name + ".weight", precision);
    Tensor term = bias ? parameter(name + ".bias", precision) : null;
    return switch (padding) {
      case SYMMETRIC -> x.conv(weight, term, stride, kernel / 2);
      case BOTTOM_RIGHT -> x.padBottomRight().conv(weight, term, stride, 0);
      case NONE -> x.conv(weight, term, stride, 0);
    };
  }

  @Override
  public Tensor conv(Tensor x, String name, int out, Window window) {
    return x.conv(
        parameter(name + ".weight", precision),
        parameter(name + ".bias", precision),
        window.stride(),
        window.rows(),
        window.columns());
  }

  @Override
  public Tensor linear(Tensor x, String name, int out, double initScale, boolean bias) {
    boolean vectors = x.sizes().length == 2;
    Precision format = vectors ? Precision.FP32 : precision;
    Tensor weight = parameter(name + ".weight", format);
    Tensor term = bias ? parameter(name + ".bias", format) : null;
    boolean each = formats != null && !vectors && format == Precision.FP32; // in sampling
    return each ? x.linearEach(weight, term) : x.linear(weight, term);
  }

  @Override
  public Tensor groupNorm(Tensor x, String name, int groups, double eps) {
    return x.groupNorm(
        groups,
        parameter(name + ".weight", Precision.FP32),
        parameter(name + ".bias", Precision.FP32),
        eps);
  }

  @Override
  public Tensor layerNorm(Tensor x, String name, double eps) {
    return x.to(Precision.FP32)
        .layerNorm(
            parameter(name + ".weight", Precision.FP32),
            parameter(name + ".bias", Precision.FP32),
            eps)
        .to(precision);
  }

  @Override
  public Tensor layerNorm(Tensor x, double eps) {
    return x.to(Precision.FP32).layerNorm(null, null, eps).to(precision);
  }

  @Override
  public Tensor geluTanh(Tensor x) {
    return x.geluTanh();
  }

  @Override
  public Tensor relu(Tensor x) {
    return x.relu();
  }

  @Override
  public Tensor tanh(Tensor x) {
    return x.tanh();
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return a.times(b);
  }

  @Override
  public Tensor sequence(Tensor vector) {
    return vector.reshape(vector.size(0), 1, vector.size(1)).to(precision);
  }

  @Override
  public Tensor elements(Tensor x, int from, int count) {
    return x.narrow(1, from, count);
  }

  @Override
  public Tensor fourier(Tensor label, String name, int width, Order order, double std) {
    Tensor frequencies = parameter(name, Precision.FP32).reshape(1, width / 2);
    Tensor angle = label.reshape(label.count(), 1).times(frequencies).times(2).times(Math.PI);
    return halves(angle, order);
  }

  @Override
  public Tensor log(Tensor label) {
    return label.log();
  }

  @Override
  public Tensor divide(Tensor image, Tensor label) {
    return image.over(label.reshape(label.count(), 1, 1, 1).like(image));
  }

  @Override
  public Tensor addTable(Tensor sequence, String name, double std) {
    return sequence.plus(parameter(name, precision));
  }

  @Override
  public Tensor addConstant(Tensor sequence, float[] values) {
    return sequence.plus(Tensor.of(values, sequence.size(1), sequence.size(2)).like(sequence));
  }

  @Override
  public Tensor silu(Tensor x) {
    return x.silu();
  }

  @Override
  public Tensor gelu(Tensor x) {
    return x.gelu();
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return a.plus(b);
  }

  @Override
  public Tensor affine(Tensor x, double factor, double term) {
    return x.times(factor).plus(term);
  }

  @Override
  public Tensor addChannels(Tensor x, Tensor vector) {
    return x.plus(perPixel(vector, x));
  }

  @Override
  public Tensor scaleShift(Tensor x, Tensor scale, Tensor shift) {
    return x.times(perPixel(scale.plus(1), x)).plus(perPixel(shift, x));
  }

  @Override
  public Tensor multiplyChannels(Tensor x, Tensor vector) {
    return x.times(perPixel(vector, x));
  }

  @Override
  public Tensor concat(Tensor a, Tensor b) {
    return Tensor.concat(List.of(a, b), 1);
  }

  @Override
  public Tensor channels(Tensor x, int from, int count) {
    return x.narrow(x.sizes().length == 3 ? 2 : 1, from, count);
  }

  @Override
  public Tensor upsample(Tensor x) {
    return x.upsample();
  }

  @Override
  public Tensor bilinear(Tensor x, long height, long width) {
    return x.bilinear(height, width);
  }

  @Override
  public Tensor averagePool(Tensor x, Window window) {
    return x.averagePool(
        window.height(), window.width(), window.stride(), window.rows(), window.columns());
  }

  @Override
  public Tensor maxPool(Tensor x, Window window) {
    return x.maxPool(
        window.height(), window.width(), window.stride(), window.rows(), window.columns());
  }

  @Override
  public Tensor flatten(Tensor x) {
    return x.reshape(x.size(0), x.size(1) * x.size(2), 1, 1);
  }

  @Override
  public Tensor pad(Tensor x, int margin) {
    return x.pad(margin);
  }

  @Override
  public Tensor filterDown(Tensor x, float[] taps, int margin) {
    Tensor alone = x.reshape(x.size(0) * x.size(1), 1, x.size(2), x.size(3));
    Tensor half = alone.conv(filter(taps, 1).like(x), null, 2, margin);
    return half.reshape(x.size(0), x.size(1), half.size(2), half.size(3));
  }

  @Override
  public Tensor filterUp(Tensor x, float[] taps, int crop) {
    Tensor alone = x.reshape(x.size(0) * x.size(1), 1, x.size(2), x.size(3));
    Tensor twice = alone.convTransposed(filter(taps, 2).like(x), 2, crop);
    return twice.reshape(x.size(0), x.size(1), twice.size(2), twice.size(3));
  }

  private static Tensor filter(float[] taps, double sum) {
    return Tensor.of(square(taps, sum), 1, 1, taps.length, taps.length);
  }

  /** A filter across and down, with this sum in each direction. */
  static float[] square(float[] taps, double sum) {
    double all = 0;
    for (float tap : taps) {
      all += tap;
    }
    float[] square = new float[taps.length * taps.length];
    for (int i = 0; i < square.length; i++) {
      double product = (double) taps[i / taps.length] * taps[i % taps.length];
      square[i] = (float) (product * sum * sum / (all * all));
    }
    return square;
  }

  @Override
  public Tensor oneHot(Tensor classes, int rows) {
    return classes.oneHot(rows + 1).narrow(1, 0, rows);
  }

  @Override
  public Tensor mean(Tensor x) {
    return x.to(Precision.FP32).mean(2, 3);
  }

  @Override
  public Tensor tokens(Tensor x) {
    return x.permute(0, 2, 3, 1).reshape(x.size(0), x.size(2) * x.size(3), x.size(1));
  }

  @Override
  public Tensor image(Tensor x, long height, long width) {
    return x.reshape(x.size(0), height, width, x.size(2)).permute(0, 3, 1, 2);
  }

  @Override
  public Tensor unpatch(Tensor x, long height, long width, int patch) {
    long channels = x.size(2) / patch / patch;
    return x.reshape(x.size(0), height, width, patch, patch, channels)
        .permute(0, 5, 1, 3, 2, 4)
        .reshape(x.size(0), channels, height * patch, width * patch);
  }

  /**
   * In float32: libtorch without MKL multiplies bf16 matrices of attention one number at a time.
   */
  @Override
  public Tensor attention(Tensor q, Tensor k, Tensor v, int heads) {
    Tensor mixed =
        heads(q, heads).attention(heads(k, heads), heads(v, heads)); // [B, heads, N, C/heads]
    return mixed.permute(0, 2, 1, 3).reshape(q.sizes()).to(precision);
  }

  private static Tensor heads(Tensor x, int heads) {
    return x.to(Precision.FP32)
        .reshape(x.size(0), x.size(1), heads, x.size(2) / heads)
        .permute(0, 2, 1, 3);
  }

  @Override
  public Tensor sinusoid(Tensor label, int width, Order order, int shift) {
    int half = width / 2;
    float[] frequencies = new float[half];
    for (int i = 0; i < half; i++) {
      // rounded as PyTorch rounds: a label of 1000 makes a float's last bit a ten-thousandth of an
      // angle, more than all other rounding of a network
      float exponent = (float) -Math.log(10_000) * i / (half - shift);
      frequencies[i] = (float) Math.exp(exponent);
    }
    Tensor angle = label.reshape(label.count(), 1).times(Tensor.of(frequencies, 1, half));
    return halves(angle, order);
  }

  private static Tensor halves(Tensor angle, Order order) {
    return Tensor.concat(
        order == Order.SIN_COS
            ? List.of(angle.sin(), angle.cos())
            : List.of(angle.cos(), angle.sin()),
        1);
  }

  @Override
  public Tensor embedding(Tensor index, String name, int rows, int width) {
    return index.rowsOf(parameter(name + ".weight", Precision.FP32));
  }

  @Override
  public Tensor dropout(Tensor x, String name, double p) {
    return dropout == null || p == 0 ? x : x.times(mask(name, p, x));
  }

  /**
   * A mask from (seed, step, name): the same whatever else the engine draws. Four lanes of 16 bits
   * a draw.
   */
  private Tensor mask(String name, double p, Tensor x) {
    CRC32 hash = new CRC32();
    hash.update((prefix + name).getBytes(StandardCharsets.UTF_8));
    Key key = new Key(dropout.seed + (hash.getValue() << 32), dropout.step, Purpose.DROPOUT);
    int threshold = (int) Math.round(p * 0x10000);
    float kept = 0x10000 / (float) (0x10000 - threshold);
    int count = Math.toIntExact(x.count());
    long[] draws = new long[(count + 3) / 4];
    key.bits(draws);
    boolean[] mask = new boolean[count];
    for (int i = 0; i < count; i++) {
      mask[i] = (draws[i >>> 2] >>> 16 * (i & 3) & 0xFFFF) >= threshold;
    }
    return x.mask(mask, kept);
  }

  /** A vector for every pixel of an image, or every element of a sequence. */
  private static Tensor perPixel(Tensor vector, Tensor image) {
    Tensor like = vector.like(image);
    return image.sizes().length == 3
        ? like.reshape(vector.size(0), 1, vector.size(1))
        : like.reshape(vector.size(0), vector.size(1), 1, 1);
  }

  private Tensor parameter(String name, Precision format) {
    Tensor stored = params.at(prefix + name);
    return formats == null
        ? stored.to(format)
        : formats.computeIfAbsent(prefix + name + " " + format, () -> stored.to(format));
  }
}
