package io.jiffusion.train;

import io.jiffusion.tensor.Tensor;

/** What training minimises: the examples of a step, and the loss of what a network answers. */
public interface Objective {

  /** The examples of a step: a function of the step's number alone. Called on data threads. */
  Examples examples(long step);

  /**
   * The loss of some of the examples.
   *
   * @param output the network's answer, float32
   * @param examples those that it answered
   * @return a scalar, the sum over the examples
   */
  Tensor loss(Tensor output, Examples examples);
}
