package io.jiffusion.process;

import java.util.Arrays;

/**
 * Classifier-free guidance (Ho, Salimans: Classifier-free diffusion guidance, 2022): what the class
 * changes in the prediction is amplified, {@code x̂0 = x̂0(none) + scale·(x̂0(class) − x̂0(none))}.
 *
 * <p>The same combination of the predicted noises gives the same, since both are linear in each
 * other at a given state. One evaluation sends one batch of 2B images through the network, first
 * those with their classes; where the scale makes one of the halves superfluous (1: class only, 0:
 * none only) it sends B.
 *
 * @param model knows the classes and "none"
 * @param classes the class of each image, [B]
 * @param none the class that stands for "no class" in the training
 * @param scale 1 is the model as it is, more is more typical of the class
 */
public record Guidance(ConditionalDenoiser model, int[] classes, int none, double scale)
    implements Denoiser {

  public Guidance {
    if (!(scale >= 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException(
          "illegal guidance: " + scale + ", must be 0 or more; 1 is no guidance");
    }
    classes = classes.clone();
  }

  @Override
  public Prediction at(Batch xt, double t) {
    int images = xt.images();
    if (scale == 1) {
      return model.at(xt, t, classes);
    }
    int[] noClasses = new int[images];
    Arrays.fill(noClasses, none);
    if (scale == 0) {
      return model.at(xt, t, noClasses);
    }
    int[] both = Arrays.copyOf(classes, 2 * images);
    System.arraycopy(noClasses, 0, both, images, images);
    Prediction doubled = model.at(xt.concat(xt), t, both);
    Batch given = doubled.x0().slice(0, images);
    Batch free = doubled.x0().slice(images, images);
    return new Prediction(
        Batch.lincomb(scale, given, 1 - scale, free),
        doubled.variance() == null
            ? null
            : doubled.variance().slice(0, images)); // the variance is the class's own
  }
}
