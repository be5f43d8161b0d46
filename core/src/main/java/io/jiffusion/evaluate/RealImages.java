package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Shape;
import io.jiffusion.process.Batch;
import java.util.stream.IntStream;

/** Images that a model did not make, as it takes them. */
final class RealImages {
  private RealImages() {}

  /**
   * So many of the images, evenly spread over all of them, because some sets are in order.
   *
   * @throws IllegalArgumentException if there are not so many
   */
  static int[] some(Dataset data, int count) {
    Check.that(
        count >= 1 && count <= data.size(),
        "count",
        count,
        "must be from 1 to " + data.size() + ", the images that there are");
    return IntStream.range(0, count).map(i -> (int) ((long) i * data.size() / count)).toArray();
  }

  /**
   * Some of the images, [images, C, H, W].
   *
   * @throws IllegalArgumentException if they are not of the model's size
   */
  static Batch batch(RunConfig config, Dataset data, int... images) {
    Shape input = config.network().network().input();
    Shape size = Shape.of(data.channels(), data.height(), data.width());
    Check.that(size.equals(input), "images", size, "must be " + input + " as the model's");
    float[] values = new float[data.exampleSize()];
    double[] x0 = new double[images.length * values.length];
    for (int i = 0; i < images.length; i++) {
      data.example(images[i], values, 0);
      for (int j = 0; j < values.length; j++) {
        x0[i * values.length + j] = values[j];
      }
    }
    return new Batch(images.length, data.channels(), data.height(), data.width(), x0);
  }

  /**
   * Their classes, as the network takes them.
   *
   * @param own whether each has its own, else none
   * @return null for a model without classes
   * @throws IllegalArgumentException if model or images do not have the classes that it takes
   */
  static int[] classes(RunConfig config, Dataset data, boolean own, int... images) {
    if (!own && config.classes() == 0) {
      return null;
    }
    Check.that(
        own || config.nullClass() >= 0,
        "classes",
        "none",
        "must be the images' own, because this model was trained without label dropout");
    Check.that(
        !own || config.classes() == data.classes(),
        "classes",
        data.classes() + " of the images",
        "must be the " + config.classes() + " of the model");
    int[] classes = new int[images.length];
    for (int i = 0; i < images.length; i++) {
      classes[i] = own ? data.label(images[i]) : config.nullClass();
    }
    return classes;
  }
}
