package io.jiffusion.process;

import io.jiffusion.schedule.NoiseSchedule;
import java.util.function.DoubleUnaryOperator;

/** How much noise a step of the reverse process adds. */
public interface ReverseVariance {

  /**
   * The variance of the step from t to s, s above 0, as a function of the network's raw variance
   * channel; constant where that is not used.
   */
  DoubleUnaryOperator step(NoiseSchedule schedule, double t, double s);

  /**
   * The variance of the last step, to no noise, in which sampling adds none but the variational
   * bound needs some: that of the decoder.
   *
   * @param before the time before t in the grid; t itself if there is none
   * @param t the last time above 0
   */
  DoubleUnaryOperator decoder(NoiseSchedule schedule, double before, double t);

  /** Whether the network's raw variance channels are read. */
  default boolean learned() {
    return false;
  }

  /**
   * The raw variance channels of a prediction, [B, C, H, W]; null where they are not read.
   *
   * @throws IllegalArgumentException if they are needed and the model has none
   */
  default double[] raw(Prediction prediction) {
    if (!learned()) {
      return null;
    }
    if (prediction.variance() == null) {
      throw new IllegalArgumentException(
          "illegal variance: "
              + this
              + " for a model that has learned none, must be SMALL or LARGE");
    }
    return prediction.variance().data();
  }
}
