package io.jiffusion.pipeline;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import java.util.Arrays;

/**
 * A network's raw output for given inputs: what one compares with the program that a checkpoint is
 * from.
 */
public final class Predict {
  private Predict() {}

  /**
   * What else a network takes; null for what it does not.
   *
   * @param classes one for each image, or one for all
   * @param context [N, L, D]
   * @param image [N, C, H, W], beside each image
   * @param augment [N, A]
   */
  public record Given(int[] classes, Values context, Values image, Values augment) {
    /** Nothing. */
    public static final Given NONE = new Given(null, null, null, null);

    private Conditions of(int images, int nullClass) {
      int[] all = classes;
      if (classes == null && context == null && nullClass >= 0) {
        all = new int[images];
        Arrays.fill(all, nullClass);
      } else if (classes != null && classes.length != images) {
        Check.that(
            classes.length == 1,
            "class",
            classes.length + " classes",
            "must be 1 or " + images + ", one for each image");
        all = new int[images];
        Arrays.fill(all, classes[0]);
      }
      return new Conditions(all, floats(context), floats(image), floats(augment));
    }

    private static float[] floats(Values values) {
      return values == null ? null : values.values();
    }
  }

  /**
   * Evaluates a network.
   *
   * @param x inputs, [N, C, H, W]
   * @param times a label for each image as the original program gives it to the network, or one for
   *     all
   * @param given what else the network takes
   * @return [N, C', H', W']
   * @throws IllegalArgumentException if these do not fit the network
   */
  public static Values of(Stored model, Values x, float[] times, Given given) {
    Network network = model.run().config().network().network();
    Shape input = network.input();
    long[] shape = x.shape();
    Check.that(
        shape.length == 4 && new Shape(Arrays.copyOfRange(shape, 1, 4)).equals(input),
        "x",
        "array of " + Arrays.toString(shape),
        "must be N images of " + input);
    int images = (int) shape[0];
    Check.that(
        times.length == 1 || times.length == images,
        "t",
        times.length + " times",
        "must be 1 or " + images + ", one for each image");
    Check.that(
        given.context == null
            || network.contextWidth() == 0
            || given.context.shape().length == 3
                && given.context.shape()[0] == images
                && given.context.shape()[2] == network.contextWidth(),
        "context",
        given.context == null ? "" : "array of " + Arrays.toString(given.context.shape()),
        "must be " + images + " sequences of elements of " + network.contextWidth());
    float[] labels = times.length == images ? times : filled(times[0], images);
    try (Execution execution =
        Executions.load(model, new Model.Options("fp32", 0, Math.min(images, 8)))) {
      float[] output =
          execution.evaluate(
              x.values(), images, labels, given.of(images, model.run().config().nullClass()));
      long[] one = Shapes.of(network, 1).output().sizes().clone();
      one[0] = images;
      return new Values(output, one);
    }
  }

  private static float[] filled(float value, int count) {
    float[] all = new float[count];
    Arrays.fill(all, value);
    return all;
  }
}
