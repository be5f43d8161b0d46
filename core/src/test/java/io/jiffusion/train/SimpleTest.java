package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.data.Dataset;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class SimpleTest {
  private static final DiscreteBetas PROCESS = DiscreteBetas.rescaledLinear(50);
  private static final double[] NO_GAMMA = {};

  /** Images of 2×3 pixels; pixel j of image i is i + j/10, its class is i modulo 4. */
  private record Numbered(int size) implements Dataset {
    @Override
    public int channels() {
      return 1;
    }

    @Override
    public int height() {
      return 2;
    }

    @Override
    public int width() {
      return 3;
    }

    @Override
    public int classes() {
      return 4;
    }

    @Override
    public int label(int index) {
      return index % 4;
    }

    @Override
    public void example(int index, float[] out, int offset) {
      for (int j = 0; j < 6; j++) {
        out[offset + j] = index + j / 10f;
      }
    }
  }

  @Test
  void theExamplesOfAStepAreAFunctionOfItsNumber() {
    Simple one = simple(Predicts.EPS, TimeSampler.UNIFORM, NO_GAMMA, 8, true, 0.3);
    Simple other = simple(Predicts.EPS, TimeSampler.UNIFORM, NO_GAMMA, 8, true, 0.3);
    List<Examples> forwards = IntStream.range(0, 9).mapToObj(one::examples).toList();
    for (int step = 8; step >= 0; step--) {
      assertSame(other.examples(step), forwards.get(step));
    }
    assertThat(forwards.get(0).inputs()).isNotEqualTo(forwards.get(1).inputs());
  }

  @Test
  void anEpochShowsEachExampleOnceThoughTheBatchDoesNotDivideIt() {
    Simple simple =
        simple(
            Predicts.X0, TimeSampler.UNIFORM, NO_GAMMA, 7, false, 0); // 20 examples, batches of 7
    List<Integer> seen = new ArrayList<>();
    for (int step = 0; step < 20; step++) {
      Examples examples = simple.examples(step);
      for (int b = 0; b < 7; b++) {
        seen.add((int) examples.targets()[6 * b]);
        assertThat(examples.classes()[b]).isEqualTo((int) examples.targets()[6 * b] % 4);
      }
    }
    for (int epoch = 0; epoch < 7; epoch++) {
      assertThat(seen.subList(20 * epoch, 20 * epoch + 20)).doesNotHaveDuplicates();
    }
  }

  @Test
  void theInputIsTheNoisyImageOfItsTime() {
    Examples eps = simple(Predicts.EPS, TimeSampler.UNIFORM, NO_GAMMA, 16, false, 0).examples(2);
    Examples x0 = simple(Predicts.X0, TimeSampler.UNIFORM, NO_GAMMA, 16, false, 0).examples(2);
    assertThat(x0.inputs()).containsExactly(eps.inputs());
    for (int i = 0; i < eps.inputs().length; i++) {
      double t = PROCESS.time((int) eps.labels()[i / 6]);
      double expected = PROCESS.alpha(t) * x0.targets()[i] + PROCESS.sigma(t) * eps.targets()[i];
      assertThat((double) eps.inputs()[i]).isCloseTo(expected, within(1e-4));
    }
  }

  @Test
  void theNoiseIsStandardNormalAndNoTwoExamplesShareIt() {
    Simple simple = simple(Predicts.EPS, TimeSampler.UNIFORM, NO_GAMMA, 50, false, 0);
    double sum = 0;
    double squares = 0;
    List<Float> firsts = new ArrayList<>();
    for (int step = 0; step < 20; step++) {
      float[] noise = simple.examples(step).targets();
      for (float value : noise) {
        sum += value;
        squares += value * value;
      }
      for (int b = 0; b < 50; b++) {
        firsts.add(
            (float) Math.rint(1e4 * noise[6 * b]) + 1e5f * Math.round(1e4 * noise[6 * b + 1]));
      }
    }
    assertThat(sum / 6000).isCloseTo(0, within(0.05));
    assertThat(squares / 6000).isCloseTo(1, within(0.08));
    assertThat(firsts).doesNotHaveDuplicates();
  }

  @Test
  void antitheticLabelsPairUp() {
    float[] labels =
        simple(Predicts.EPS, TimeSampler.ANTITHETIC, NO_GAMMA, 7, false, 0).examples(4).labels();
    for (int i = 4; i < 7; i++) {
      assertThat(labels[i]).isEqualTo(49 - labels[i - 4]);
    }
  }

  @Test
  void labelsAreDroppedAtTheirShare() {
    Simple simple = simple(Predicts.X0, TimeSampler.UNIFORM, NO_GAMMA, 100, false, 0.2);
    int dropped = 0;
    for (int step = 0; step < 50; step++) {
      Examples examples = simple.examples(step);
      for (int b = 0; b < 100; b++) {
        if (examples.classes()[b] == 4) {
          dropped++;
        } else {
          assertThat(examples.classes()[b]).isEqualTo((int) examples.targets()[6 * b] % 4);
        }
      }
    }
    assertThat(dropped / 5000.0).isCloseTo(0.2, within(0.025));
  }

  @Test
  void halfOfTheImagesAreMirrored() {
    Simple simple = simple(Predicts.X0, TimeSampler.UNIFORM, NO_GAMMA, 100, true, 0);
    int mirrored = 0;
    for (int step = 0; step < 20; step++) {
      float[] images = simple.examples(step).targets();
      for (int at = 0; at < images.length; at += 6) {
        float[] rows = new float[6];
        for (int i = 0; i < 6; i++) {
          rows[i] = Math.round(10 * (images[at + i] - Math.floor(images[at]))) / 10f;
        }
        if (rows[0] > 0) {
          mirrored++;
          assertThat(rows).containsExactly(0.2f, 0.1f, 0, 0.5f, 0.4f, 0.3f);
        } else {
          assertThat(rows).containsExactly(0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f);
        }
      }
    }
    assertThat(mirrored / 2000.0).isCloseTo(0.5, within(0.05));
  }

  @Test
  void gammaWeighsTheErrorOfEachTime() {
    double[] gamma = IntStream.range(0, 50).mapToDouble(i -> i / 10.0).toArray();
    Simple weighted = simple(Predicts.X0, TimeSampler.UNIFORM, gamma, 8, false, 0);
    Simple plain = simple(Predicts.X0, TimeSampler.UNIFORM, NO_GAMMA, 8, false, 0);
    Examples examples = weighted.examples(0);
    double expected = 0;
    for (int b = 0; b < 8; b++) {
      assertThat(examples.weights()[b]).isEqualTo((float) gamma[(int) examples.labels()[b]]);
      for (int i = 0; i < 6; i++) {
        expected +=
            gamma[(int) examples.labels()[b]] * Math.pow(examples.targets()[6 * b + i], 2) / 6;
      }
    }
    try (Scope scope = Scope.open()) {
      Tensor zero = Tensor.of(new float[48], 8, 1, 2, 3);
      assertThat(weighted.loss(zero, examples).item()).isCloseTo(expected, within(1e-5 * expected));
    }
    assertThat(plain.examples(0).weights()).containsOnly(1);
  }

  @Test
  void gammaHasOneWeightForEachTime() {
    assertThatThrownBy(() -> simple(Predicts.EPS, TimeSampler.UNIFORM, new double[3], 8, false, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal gamma: 3 weights, must be one for each of the 50 times, or none");
  }

  @Test
  void lossAndGradientAreThoseOfImprovedDiffusion() {
    Map<String, Fixtures.Array> fixture = Fixtures.tensors("losses/training_losses.safetensors");
    String start = "linear_1000_1000.MSE.";
    check(
        fixture,
        "noise",
        start + "EPSILON.FIXED_LARGE.mse",
        start + "EPSILON.FIXED_LARGE.gradient");
    check(fixture, "x_start", start + "START_X.FIXED_LARGE.mse", null);
  }

  private static void check(
      Map<String, Fixtures.Array> fixture, String target, String losses, String gradients) {
    Simple simple = simple(Predicts.EPS, TimeSampler.UNIFORM, NO_GAMMA, 1, false, 0);
    for (int image = 0; image < 5; image++) {
      Examples examples =
          new Examples(
              new float[48],
              new float[1],
              null,
              floats(fixture.get(target).row(image)),
              new float[] {1});
      try (Scope scope = Scope.open()) {
        Tensor output =
            Tensor.of(floats(fixture.get("network_mean_channels").row(image)), 1, 3, 4, 4).leaf();
        Tensor loss = simple.loss(output, examples);
        double expected = fixture.get(losses).values()[image];
        assertThat(loss.item()).isCloseTo(expected, within(2e-6 * expected));
        if (gradients != null) {
          loss.backward();
          float[] gradient = output.takeGradient().floats();
          for (int i = 0; i < gradient.length; i++) {
            assertThat((double) gradient[i])
                .isCloseTo(fixture.get(gradients).row(image)[i], within(1e-7));
          }
        }
      }
    }
  }

  private static Simple simple(
      Predicts predicts,
      TimeSampler times,
      double[] gamma,
      int batch,
      boolean flip,
      double labelDrop) {
    return new Simple(
        new Numbered(20),
        new Simple.Target(PROCESS, TimeLabel.index(50), predicts),
        times,
        gamma,
        new Simple.Batches(3, batch, flip),
        new Simple.Labels(true, 4, labelDrop));
  }

  private static void assertSame(Examples actual, Examples expected) {
    assertThat(actual.inputs()).containsExactly(expected.inputs());
    assertThat(actual.targets()).containsExactly(expected.targets());
    assertThat(actual.labels()).containsExactly(expected.labels());
    assertThat(actual.classes()).containsExactly(expected.classes());
    assertThat(actual.weights()).containsExactly(expected.weights());
  }

  private static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
