package io.jiffusion.process;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.schedule.TimeLabel;

/**
 * The gradient of a classifier's log probability of given classes, {@code ∇ log p(y | x_t)}, by
 * reverse differentiation; the classifier was trained on states of the same forward process
 * (Dhariwal, Nichol: Diffusion models beat GANs on image synthesis, 2021, arXiv 2105.05233, section
 * 4).
 *
 * @param classifier its output holds the logits in its last channels, [features + classes, 1, 1];
 *     must be able to differentiate
 * @param label how it is told the time
 * @param features channels before the logits
 * @param classes the class that each image shall have, [B]
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record ClassifierGradient(
    Execution classifier, TimeLabel label, int features, int... classes) implements Gradient {

  public ClassifierGradient {
    int knownClasses = classifier.outputChannels() - features;
    for (int wanted : classes) {
      if (wanted < 0 || wanted >= knownClasses) {
        throw new IllegalArgumentException(
            "illegal class: "
                + wanted
                + ", must be from 0 to "
                + (knownClasses - 1)
                + " for this classifier");
      }
    }
    classes = classes.clone();
  }

  @Override
  public Batch at(Batch xt, double[] t) {
    int images = xt.images();
    float[] input = new float[xt.data().length];
    for (int i = 0; i < input.length; i++) {
      input[i] = (float) xt.data()[i];
    }
    float[] labels = new float[images];
    for (int image = 0; image < images; image++) {
      labels[image] = (float) label.at(t[image]);
    }
    float[] output = classifier.evaluate(input, images, labels, Conditions.NONE);
    float[] pulled =
        classifier.pullback(input, images, labels, Conditions.NONE, cotangent(output, images));
    double[] gradient = new double[pulled.length];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = pulled[i];
    }
    return xt.with(gradient);
  }

  /** The gradient with respect to the output: 1 for the class, minus the probability of each. */
  private float[] cotangent(float[] output, int images) {
    float[] cotangent = new float[output.length];
    int width = output.length / images;
    for (int image = 0; image < images; image++) {
      int from = image * width + features;
      int to = (image + 1) * width;
      double highest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < to; i++) {
        highest = Math.max(highest, output[i]);
      }
      double sum = 0;
      for (int i = from; i < to; i++) {
        sum += Math.exp(output[i] - highest);
      }
      for (int i = from; i < to; i++) {
        double probability = Math.exp(output[i] - highest) / sum;
        cotangent[i] = (float) ((i - from == classes[image] ? 1 : 0) - probability);
      }
    }
    return cotangent;
  }
}
