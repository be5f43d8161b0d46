package io.jiffusion.process;

import java.util.Arrays;

/**
 * Images in flight: float64 on the Java heap, [images, C, H, W] row-major.
 *
 * <p>The vocabulary of the samplers: linear combinations, a clamp, a norm of each image.
 */
public final class Batch {
  private final int images;
  private final int channels;
  private final int height;
  private final int width;
  private final double[] data;

  /**
   * Wraps an array, without copying.
   *
   * @throws IllegalArgumentException if the array's length does not fit
   */
  public Batch(int images, int channels, int height, int width, double[] data) {
    if (data.length
        != Math.multiplyExact(
            Math.multiplyExact(images, channels), Math.multiplyExact(height, width))) {
      throw new IllegalArgumentException(
          "illegal data: "
              + data.length
              + " values, must be "
              + images
              + "x"
              + channels
              + "x"
              + height
              + "x"
              + width);
    }
    this.images = images;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.data = data;
  }

  /** B, how many images there are. */
  public int images() {
    return images;
  }

  /** C of each image. */
  public int channels() {
    return channels;
  }

  /** H of each image, in pixels. */
  public int height() {
    return height;
  }

  /** W of each image, in pixels. */
  public int width() {
    return width;
  }

  /** Values of one image, C·H·W. */
  public int imageSize() {
    return channels * height * width;
  }

  /** The values themselves, not a copy. */
  public double[] data() {
    return data;
  }

  /** A batch of the same shape with other values. */
  public Batch with(double[] values) {
    return new Batch(images, channels, height, width, values);
  }

  /** {@code a·x + b·y}. */
  public static Batch lincomb(double a, Batch x, double b, Batch y) {
    double[] out = new double[x.data.length];
    double[] p = x.data;
    double[] q = y.data;
    for (int i = 0; i < out.length; i++) {
      out[i] = a * p[i] + b * q[i];
    }
    return x.with(out);
  }

  /** {@code a·x + b·y + c·z}. */
  public static Batch lincomb(double a, Batch x, double b, Batch y, double c, Batch z) {
    double[] out = new double[x.data.length];
    double[] p = x.data;
    double[] q = y.data;
    double[] r = z.data;
    for (int i = 0; i < out.length; i++) {
      out[i] = a * p[i] + b * q[i] + c * r[i];
    }
    return x.with(out);
  }

  /** {@code a[0]·x[0] + a[1]·x[1] + …}, for any number of terms. */
  public static Batch lincomb(double[] a, Batch... x) {
    double[] out = new double[x[0].data.length];
    for (int term = 0; term < x.length; term++) {
      double factor = a[term];
      double[] values = x[term].data;
      for (int i = 0; i < out.length; i++) {
        out[i] += factor * values[i];
      }
    }
    return x[0].with(out);
  }

  /**
   * {@code a[0]·x[0] + a[1]·x[1] + …} with factors of each image's own.
   *
   * @param a [terms][B]
   */
  public static Batch lincomb(double[][] a, Batch... x) {
    double[] out = new double[x[0].data.length];
    int size = x[0].imageSize();
    for (int term = 0; term < x.length; term++) {
      double[] values = x[term].data;
      for (int image = 0; image < x[0].images; image++) {
        double factor = a[term][image];
        for (int i = image * size; i < (image + 1) * size; i++) {
          out[i] += factor * values[i];
        }
      }
    }
    return x[0].with(out);
  }

  /** {@code a·x}. */
  public Batch times(double a) {
    double[] out = new double[data.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = a * data[i];
    }
    return with(out);
  }

  /**
   * {@code a·x} with a factor of each image's own.
   *
   * @param a [B]
   */
  public Batch times(double[] a) {
    return lincomb(new double[][] {a}, this);
  }

  /** Sum of the products of each image's values with those of the other, [B]. */
  public double[] dot(Batch other) {
    double[] sums = new double[images];
    int size = imageSize();
    for (int i = 0; i < data.length; i++) {
      sums[i / size] += data[i] * other.data[i];
    }
    return sums;
  }

  /** Euclidean length of each image, [B]. */
  public double[] norm() {
    return Arrays.stream(dot(this)).map(Math::sqrt).toArray();
  }

  /** Standard deviation of the values of each image, [B]. */
  public double[] std() {
    int size = imageSize();
    double[] std = new double[images];
    for (int image = 0; image < images; image++) {
      double mean = 0;
      for (int i = image * size; i < (image + 1) * size; i++) {
        mean += data[i] / size;
      }
      double sum = 0;
      for (int i = image * size; i < (image + 1) * size; i++) {
        sum += (data[i] - mean) * (data[i] - mean);
      }
      std[image] = Math.sqrt(sum / size);
    }
    return std;
  }

  /** These images, from {@code first} on replaced by those of the other. */
  Batch withImages(int first, Batch other) {
    double[] out = data.clone();
    int from = first * imageSize();
    System.arraycopy(other.data, from, out, from, out.length - from);
    return with(out);
  }

  /** Values moved into [low, high]. */
  public Batch clamp(double low, double high) {
    double[] out = new double[data.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.min(high, Math.max(low, data[i]));
    }
    return with(out);
  }

  /** These images and then those of the other, which have the same shape. */
  public Batch concat(Batch other) {
    double[] out = Arrays.copyOf(data, data.length + other.data.length);
    System.arraycopy(other.data, 0, out, data.length, other.data.length);
    return new Batch(images + other.images, channels, height, width, out);
  }

  /** Some of the images, copied. */
  public Batch slice(int first, int count) {
    return new Batch(
        count,
        channels,
        height,
        width,
        Arrays.copyOfRange(data, first * imageSize(), (first + count) * imageSize()));
  }

  /** The first image with a value that is infinite or not a number; −1 if there is none. */
  public int firstNotFinite() {
    for (int i = 0; i < data.length; i++) {
      if (!Double.isFinite(data[i])) {
        return i / imageSize();
      }
    }
    return -1;
  }
}
