package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.Arrays;

/** Where a stochastic sampler's noise comes from. */
@FunctionalInterface
public interface Noise {

  /** Zeros: a stochastic sampler's mean. */
  Noise NONE = (draw, image, out, from, count) -> Arrays.fill(out, from, from + count, 0);

  /**
   * Writes the standard normal numbers of an image in a step.
   *
   * @param draw number of the draw, from 0: that of the step, or what a sampler with several draws
   *     in a step makes of it
   * @param image of the batch, from 0
   * @param out filled from {@code from} on, {@code count} values
   */
  void normals(int draw, int image, double[] out, int from, int count);

  /**
   * Writes standard normal numbers that belong to an interval of half log-SNR: for samplers that
   * discretise one stochastic differential equation, whatever their steps. Unless a noise knows of
   * intervals, they are those of the draw.
   *
   * @param draw as above
   * @param lambdaFrom half log-SNR at the start of the step, the smaller one
   * @param lambdaTo half log-SNR at its end
   */
  default void between(
      int draw, int image, double lambdaFrom, double lambdaTo, double[] out, int from, int count) {
    normals(draw, image, out, from, count);
  }

  /** The same noise by the number of the draw alone, also where a sampler asks by interval. */
  default Noise byDraw() {
    return (draw, image, out, from, count) -> normals(draw, image, out, from, count);
  }

  /** Noise that belongs to the image: by its seed and the step, whatever else is in the batch. */
  static Noise keyed(long... seeds) {
    return new KeyedNoise(seeds);
  }

  /** Noise that belongs to the image, for something else than the steps of a sampler. */
  static Noise keyed(Purpose purpose, long... seeds) {
    long[] own = seeds.clone();
    return (draw, image, out, from, count) ->
        new Key(own[image], draw, purpose).normals(out, from, count);
  }

  /**
   * Noise that is given, such as that which another program drew.
   *
   * @param draws [draws, images, C, H, W] row-major
   * @param images of the batch
   * @param size values of an image
   * @throws IllegalArgumentException when a sampler asks for more draws than there are
   */
  static Noise given(float[] draws, int images, int size) {
    return (draw, image, out, from, count) -> {
      int at = (draw * images + image) * size;
      if (at + count > draws.length) {
        throw new IllegalArgumentException(
            "illegal draws: "
                + draws.length / (images * size)
                + ", must be more: the sampler asks for draw "
                + (draw + 1));
      }
      for (int i = 0; i < count; i++) {
        out[from + i] = draws[at + i];
      }
    };
  }

  /**
   * The standard normal states from which images with these seeds are sampled, [seeds, C, H, W]; to
   * be multiplied by the schedule's {@code priorStd}, where that is not 1.
   */
  static Batch start(long[] seeds, int channels, int height, int width) {
    int size = channels * height * width;
    double[] data = new double[seeds.length * size];
    for (int image = 0; image < seeds.length; image++) {
      new Key(seeds[image], 0, Purpose.START).normals(data, image * size, size);
    }
    return new Batch(seeds.length, channels, height, width, data);
  }

  /** The noise of a whole batch. */
  default Batch batch(int draw, Batch like) {
    double[] data = new double[like.data().length];
    for (int image = 0; image < like.images(); image++) {
      normals(draw, image, data, image * like.imageSize(), like.imageSize());
    }
    return like.with(data);
  }

  /** The noise of a whole batch for an interval. */
  default Batch between(int draw, double lambdaFrom, double lambdaTo, Batch like) {
    double[] data = new double[like.data().length];
    int size = like.imageSize();
    for (int image = 0; image < like.images(); image++) {
      between(draw, image, lambdaFrom, lambdaTo, data, image * size, size);
    }
    return like.with(data);
  }
}
