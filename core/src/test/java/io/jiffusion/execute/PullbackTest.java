package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Torch;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of a network's output with respect to its input. */
@ExtendWith(NativeHandles.class)
class PullbackTest {
  private static final int BLOCK = 3;

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void isTheDerivativeThatFiniteDifferencesFind(String name, Network network) {
    Case it = new Case(network, 4);
    try (EagerExecution execution = execution(network, Precision.FP32, 2)) {
      float[] gradient = it.pullback(execution);
      assertThat(gradient).hasSize(it.x.length);
      for (int direction = 0; direction < 3; direction++) {
        float[] way = RandomWeights.floats(new Random(direction), it.x.length, 1);
        double h = 4e-3;
        double quotient = // of fourth order: float32 leaves little room for a smaller h
            (8 * (it.moved(execution, way, h) - it.moved(execution, way, -h))
                    - (it.moved(execution, way, 2 * h) - it.moved(execution, way, -2 * h)))
                / (12 * h);
        assertThat(dot(gradient, way)).isCloseTo(quotient, within(2e-3 * norm(gradient)));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void anImagesGradientDependsOnNothingButTheBlockSize(String name, Network network) {
    try (EagerExecution single = execution(network, Precision.FP32, 1);
        EagerExecution several = execution(network, Precision.FP32, 3)) {
      float[] all = new Case(network, 7).pullback(single);
      int size = all.length / 7;
      for (int count : new int[] {3, 4, 7}) {
        assertThat(new Case(network, count).pullback(several))
            .containsExactly(Arrays.copyOf(all, count * size));
      }
    }
  }

  @Test
  void inBf16ItIsWithinAFewPercentOfFp32() {
    Network network = Networks.unet(Map.of("classes", 5));
    Case it = new Case(network, BLOCK);
    try (EagerExecution wide = execution(network, Precision.FP32, 1);
        EagerExecution narrow = execution(network, Precision.BF16, 1)) {
      float[] expected = it.pullback(wide);
      float[] error = it.pullback(narrow);
      for (int i = 0; i < error.length; i++) {
        error[i] -= expected[i];
      }
      assertThat(norm(error)).isLessThan(0.03 * norm(expected));
    }
  }

  @Test
  void leavesNoNativeObjectAndNoGradientBehind() {
    Network network = Networks.unet(Map.of());
    Case it = new Case(network, 5);
    try (EagerExecution execution = execution(network, Precision.FP32, 2)) {
      float[] before = it.evaluate(execution);
      float[] first = it.pullback(execution);
      long handles = Torch.liveHandles();
      assertThat(it.pullback(execution)).containsExactly(first);
      assertThat(it.evaluate(execution)).containsExactly(before);
      assertThat(Torch.liveHandles()).isEqualTo(handles);
    }
  }

  @Test
  void wrongCallsAreToldByRule() {
    Network network = Networks.unet(Map.of());
    try (EagerExecution execution = execution(network, Precision.FP32, 1)) {
      assertThatThrownBy(
              () ->
                  execution.pullback(
                      new float[128], 1, new float[1], Conditions.NONE, new float[127]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "illegal cotangent: 127 values, must be 128, one for each value of the output");
      assertThatThrownBy(
              () ->
                  execution.pullback(
                      new float[127], 1, new float[1], Conditions.NONE, new float[128]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal input: 127 values and 1 labels for 1 images of [2, 8, 8]");
      assertThatThrownBy(
              () ->
                  execution.pullback(
                      new float[128],
                      1,
                      new float[1],
                      Conditions.classes(new int[1]),
                      new float[128]))
          .hasMessage("this network has no classes");
    }
  }

  @Test
  void anExecutionThatOnlyRunsForwardsSaysSo() {
    assertThatThrownBy(() -> new Forwards().pullback(null, 1, null, null, null))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageStartingWith("Forwards runs a network forwards only: ")
        .hasMessageEndingWith("as EagerExecution can");
  }

  private static final class Forwards implements Execution {
    @Override
    public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
      return x;
    }

    @Override
    public int block() {
      return 1;
    }

    @Override
    public Shape input() {
      return Shape.of(1, 1, 1);
    }

    @Override
    public int outputChannels() {
      return 1;
    }

    @Override
    public void close() {}
  }

  private static EagerExecution execution(Network network, Precision precision, int threads) {
    return new EagerExecution(network, RandomWeights.of(network, 1), precision, BLOCK, threads);
  }

  /** Some of a fixed row of images, each with its label, class and cotangent. */
  private static final class Case {
    final int images;
    final float[] x;
    final float[] labels;
    final Conditions conditions;
    final float[] cotangent;

    Case(Network network, int images) {
      this.images = images;
      int size = (int) network.input().count();
      int outputSize = (int) Shapes.of(network, 1).output().count();
      x = new float[images * size];
      labels = new float[images];
      conditions = RandomWeights.conditions(network, 0, images);
      cotangent = new float[images * outputSize];
      for (int i = 0; i < images; i++) {
        Random random = new Random(100 + i);
        System.arraycopy(RandomWeights.floats(random, size, 1), 0, x, i * size, size);
        System.arraycopy(
            RandomWeights.floats(random, outputSize, 1), 0, cotangent, i * outputSize, outputSize);
        labels[i] = 17 * i;
      }
    }

    float[] evaluate(EagerExecution execution) {
      return execution.evaluate(x, images, labels, conditions);
    }

    float[] pullback(EagerExecution execution) {
      return execution.pullback(x, images, labels, conditions, cotangent);
    }

    /** The output's product with the cotangent, the input moved by {@code h·way}. */
    double moved(EagerExecution execution, float[] way, double h) {
      float[] there = x.clone();
      for (int i = 0; i < there.length; i++) {
        there[i] += (float) (h * way[i]);
      }
      return dot(execution.evaluate(there, images, labels, conditions), cotangent);
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private static double norm(float[] a) {
    return Math.sqrt(dot(a, a));
  }
}
