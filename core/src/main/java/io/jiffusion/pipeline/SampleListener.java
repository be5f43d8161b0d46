package io.jiffusion.pipeline;

import io.jiffusion.base.Progress;
import io.jiffusion.data.Images;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What whoever asked for images hears while they are made. */
public interface SampleListener {
  /** Hears nothing. */
  SampleListener NONE = new SampleListener() {};

  /** Hears how far the request is, and nothing else. */
  static SampleListener of(Consumer<Progress> progress) {
    return new SampleListener() {
      @Override
      public void progress(Progress told) {
        progress.accept(told);
      }
    };
  }

  /**
   * How far the request is: on the thread that called {@link Model#sample}, or on the model's own
   * for {@link Model#sampleAsync}.
   */
  default void progress(Progress progress) {}

  /**
   * What the model takes the images for after a step, to be shown while they are made. Told on the
   * model's own thread; the next step begins when it returns.
   *
   * @param first number of the first image of those that are made together
   * @param step number of the step, from 0
   * @param x0 the predicted images, computed when they are asked for, here and not later
   */
  default void predicted(int first, int step, Supplier<Images> x0) {}

  /**
   * Images are done. Told on the model's own thread; the next ones are begun when it returns.
   *
   * @param first number of the first of them
   */
  default void made(int first, Images images) {}
}
