package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Shape;
import io.jiffusion.schedule.TimeLabel;
import org.junit.jupiter.api.Test;

class ClassifierGradientTest {
  private static final double[][] WEIGHTS = {{9, 9}, {0.3, -1}, {1.2, 0.5}, {-0.7, 0.1}};

  private final Batch xt = new Batch(2, 1, 1, 2, new double[] {0.4, -1.1, 2.2, 0.1});
  private final double[] t = {0.3, 0.9};

  /** One feature, then three logits, linear in the image; multiplied by label/100. */
  private static final class Linear implements Execution {
    @Override
    public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
      float[] out = new float[images * WEIGHTS.length];
      for (int i = 0; i < out.length; i++) {
        int image = i / WEIGHTS.length;
        double[] row = WEIGHTS[i % WEIGHTS.length];
        out[i] =
            (float) ((row[0] * x[2 * image] + row[1] * x[2 * image + 1]) * labels[image] / 100);
      }
      return out;
    }

    @Override
    public float[] pullback(
        float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
      float[] out = new float[x.length];
      for (int i = 0; i < cotangent.length; i++) {
        int image = i / WEIGHTS.length;
        double[] row = WEIGHTS[i % WEIGHTS.length];
        out[2 * image] += (float) (row[0] * cotangent[i] * labels[image] / 100);
        out[2 * image + 1] += (float) (row[1] * cotangent[i] * labels[image] / 100);
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
      return WEIGHTS.length;
    }

    @Override
    public void close() {}
  }

  @Test
  void isTheDerivativeOfTheLogProbabilityOfTheClass() {
    int[] classes = {2, 0};
    double[] gradient =
        new ClassifierGradient(new Linear(), TimeLabel.index(101), 1, classes).at(xt, t).data();
    double h = 1e-6;
    for (int i = 0; i < gradient.length; i++) {
      double[] up = xt.data().clone();
      double[] down = xt.data().clone();
      up[i] += h;
      down[i] -= h;
      int image = i / 2;
      double slope =
          (logProbability(up, image, classes[image]) - logProbability(down, image, classes[image]))
              / (2 * h);
      assertThat(gradient[i]).isCloseTo(slope, within(1e-6));
    }
  }

  private double logProbability(double[] x, int image, int wanted) {
    double label = TimeLabel.index(101).at(t[image]);
    double sum = 0;
    double of = 0;
    for (int c = 0; c < 3; c++) {
      double[] row = WEIGHTS[c + 1];
      double logit = (row[0] * x[2 * image] + row[1] * x[2 * image + 1]) * label / 100;
      sum += Math.exp(logit);
      of = c == wanted ? logit : of;
    }
    return of - Math.log(sum);
  }

  @Test
  void refusesAClassThatTheClassifierDoesNotKnow() {
    assertThatThrownBy(() -> new ClassifierGradient(new Linear(), TimeLabel.index(9), 1, 3))
        .hasMessage("illegal class: 3, must be from 0 to 2 for this classifier");
  }
}
