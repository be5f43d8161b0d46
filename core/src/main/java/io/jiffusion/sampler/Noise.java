package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;

/** Where a stochastic sampler's noise comes from. */
@FunctionalInterface
public interface Noise {

  /**
   * Writes the standard normal numbers of an image in a step.
   *
   * @param draw number of the draw, from 0: that of the step, or what a sampler with several draws
   *     in a step makes of it
   * @param image of the batch, from 0
   * @param out filled from {@code from} on, {@code count} values
   */
  void normals(int draw, int image, double[] out, int from, int count);

  /** Noise that belongs to the image: by its seed and the step, whatever else is in the batch. */
  static Noise keyed(long... seeds) {
    return keyed(Purpose.STEP, seeds);
  }

  /** Noise that belongs to the image, for something else than the steps of a sampler. */
  static Noise keyed(Purpose purpose, long... seeds) {
    long[] own = seeds.clone();
    return (draw, image, out, from, count) ->
        new Key(own[image], draw, purpose).normals(out, from, count);
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
}
