package io.jiffusion.process;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Shape;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.Scalings;
import java.util.ArrayList;
import java.util.List;

/**
 * A perfect network for images of 1x1x2: class c has Gaussian data of mean c − 1 and standard
 * deviation 0.5. It computes in double precision and answers in floats; what it was asked is kept.
 */
final class ExactExecution implements Execution {
  final List<Integer> calls = new ArrayList<>(); // images of each
  int[] lastClasses;
  float[] lastLabels;
  private final DiscreteBetas betas;
  private final Predicts predicts;
  private final int trained;
  private final boolean learnsVariance;

  ExactExecution(DiscreteBetas betas, Predicts predicts, int trained, boolean learnsVariance) {
    this.betas = betas;
    this.predicts = predicts;
    this.trained = trained;
    this.learnsVariance = learnsVariance;
  }

  @Override
  public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
    calls.add(images);
    int[] classes = conditions.classes();
    lastClasses = classes;
    lastLabels = labels;
    int size = x.length / images;
    int stride = learnsVariance ? 2 * size : size;
    float[] out = new float[images * stride];
    for (int image = 0; image < images; image++) {
      double t = (labels[image] + 1) / trained;
      Scalings scalings = predicts.scalings(betas, t, labels[image]);
      MixtureDenoiser model =
          MixtureDenoiser.gaussian(betas, classes == null ? 0 : classes[image] - 1, 0.5);
      for (int i = 0; i < size; i++) {
        double xt = x[image * size + i] / scalings.in();
        double x0 =
            model.x0(new Batch(1, 1, 1, 1, new double[] {xt}), betas.alpha(t), betas.sigma(t))
                .data()[0];
        out[image * stride + i] = (float) ((x0 - scalings.skip() * xt) / scalings.out());
        if (learnsVariance) {
          out[image * stride + size + i] = image + 0.25f * i;
        }
      }
    }
    return out;
  }

  @Override
  public int block() {
    return 1;
  }

  @Override
  public Shape input() {
    return Shape.of(1, 1, 2);
  }

  @Override
  public int outputChannels() {
    return learnsVariance ? 2 : 1;
  }

  @Override
  public void close() {}
}
