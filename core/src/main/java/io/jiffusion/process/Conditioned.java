package io.jiffusion.process;

import java.util.Arrays;

/**
 * A model that knows classes, with the classes of the images at hand.
 *
 * @param model what predicts
 * @param classes of the images, [B]; null for a model without classes
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Conditioned(ConditionalDenoiser model, int[] classes)
    implements PerImage, Differentiable {

  public Conditioned {
    classes = classes == null ? null : classes.clone();
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    return model.at(xt, t, classes);
  }

  @Override
  public Batch pullback(Batch xt, double[] t, Batch cotangent) {
    return model.pullback(xt, t, classes, cotangent);
  }

  /** Whether images of both can go through the model together. */
  @SuppressWarnings("ReferenceEquality") // one and the same model, not an equal one
  boolean sharesModel(Conditioned other) {
    return model == other.model && (classes == null) == (other.classes == null);
  }

  /** The denoiser of these images and then those of the other, which has the same model. */
  Conditioned and(Conditioned other) {
    if (classes == null) {
      return this;
    }
    int[] both = Arrays.copyOf(classes, classes.length + other.classes.length);
    System.arraycopy(other.classes, 0, both, classes.length, other.classes.length);
    return new Conditioned(model, both);
  }
}
