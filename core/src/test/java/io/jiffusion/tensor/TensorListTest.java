package io.jiffusion.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class TensorListTest {

  @Test
  void adamwDoesWhatItsPaperSays() {
    int n = 37;
    double beta1 = 0.9;
    double beta2 = 0.99;
    double decay = 0.01;
    double eps = 1e-8;
    Random random = new Random(1);
    float[] start = floats(random, n);
    double[] w = doubles(start);
    double[] m = new double[n];
    double[] v = new double[n];
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.of(start, n);
      Tensor b = Tensor.of(start, n);
      Tensor ga = a.zerosLike();
      Tensor gb = a.zerosLike();
      try (TensorList weights = new TensorList(List.of(a, b));
          TensorList gradients = new TensorList(List.of(ga, gb));
          TensorList first = new TensorList(List.of(a.zerosLike(), a.zerosLike()));
          TensorList second = new TensorList(List.of(a.zerosLike(), a.zerosLike()));
          TensorList counts = new TensorList(List.of(scalar(), scalar()))) {
        for (int step = 1; step <= 6; step++) {
          float[] g = floats(random, n);
          double lr = 0.01 * step;
          double scale = step % 2 == 0 ? 3.5 : 1;
          ga.copyInPlace(Tensor.of(g, n));
          gb.copyInPlace(Tensor.of(g, n));
          TensorList.AdamWStep numbers =
              new TensorList.AdamWStep(lr, beta1, beta2, decay, eps, scale);
          weights.adamw(gradients, first, second, counts, numbers);
          for (int i = 0; i < n; i++) {
            double gi = g[i] / scale;
            m[i] = beta1 * m[i] + (1 - beta1) * gi;
            v[i] = beta2 * v[i] + (1 - beta2) * gi * gi;
            double mHat = m[i] / (1 - Math.pow(beta1, step));
            double vHat = v[i] / (1 - Math.pow(beta2, step));
            w[i] -= lr * decay * w[i] + lr * mHat / (Math.sqrt(vHat) + eps);
          }
        }
      }
      assertClose(a.floats(), w);
      assertClose(b.floats(), w);
    }
  }

  @Test
  void everyTensorHasItsNorm() {
    try (Scope scope = Scope.open();
        TensorList list = new TensorList(List.of(tensor(3, 4), tensor(-4), tensor(12)))) {
      assertThat(list.norms()).containsExactly(5, 4, 12);
    }
  }

  @Test
  void aNormThatIsNotFiniteIsTold() {
    try (Scope scope = Scope.open();
        TensorList list = new TensorList(List.of(tensor(1), tensor(Float.NaN)))) {
      assertThat(list.norms()).containsExactly(1, Float.NaN);
    }
  }

  @Test
  void listsShareTheMemoryOfTheirTensors() {
    try (Scope scope = Scope.open()) {
      Tensor a = tensor(1, 2);
      Tensor b = tensor(3);
      try (TensorList xs = new TensorList(List.of(a, b));
          TensorList ys = new TensorList(List.of(tensor(5, 6), tensor(7)))) {
        xs.lerp(ys, 0.25);
        assertThat(a.floats()).containsExactly(2, 3);
        assertThat(b.floats()).containsExactly(4);
      }
    }
  }

  @Test
  void manyListsDoNotMixTheirElements() {
    try (Scope scope = Scope.open();
        TensorList first = new TensorList(List.of(tensor(3)));
        TensorList second = new TensorList(List.of(tensor(4)))) {
      assertThat(first.norms()).containsExactly(3);
      assertThat(second.norms()).containsExactly(4);
    }
  }

  @Test
  void listsOfDifferentLengthAreRefusedInOneLine() {
    try (Scope scope = Scope.open();
        TensorList one = new TensorList(List.of(tensor(1)));
        TensorList two = new TensorList(List.of(tensor(1), tensor(2)))) {
      assertThatThrownBy(() -> one.lerp(two, 0.5))
          .isInstanceOf(JiffusionException.class)
          .hasMessageStartingWith("the engine refused lerp: ")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
  }

  private static Tensor tensor(float... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor scalar() {
    return Tensor.of(new float[1], new long[0]);
  }

  private static float[] floats(Random random, int n) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return out;
  }

  private static double[] doubles(float[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i];
    }
    return out;
  }

  private static void assertClose(float[] actual, double[] expected) {
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-5));
    }
  }
}
