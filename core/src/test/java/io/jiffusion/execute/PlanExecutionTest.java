package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Network;
import io.jiffusion.network.WeightSource;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every network by its compiled plan, held to the plain execution. */
@ExtendWith(NativeHandles.class)
class PlanExecutionTest {
  private static final int BLOCK = 3;

  /** The precisions that can be compiled here: without instructions for bf16 oneDNN lacks it. */
  private static List<Precision> precisions() {
    return Precision.fastest() == Precision.BF16
        ? List.of(Precision.FP32, Precision.BF16)
        : List.of(Precision.FP32);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void inFp32APlanGivesWhatTheOperationsGive(String name, Network network) {
    assertThat(difference(network, Precision.FP32, BLOCK)).isLessThan(2e-6);
    assertThat(difference(network, Precision.FP32, 1)).isLessThan(2e-6);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void inBf16APlanIsWithinTwoPercentOfFp32(String name, Network network) {
    assumeThat(precisions()).contains(Precision.BF16);
    assertThat(difference(network, Precision.BF16, BLOCK)).isLessThan(0.02);
    assertThat(difference(network, Precision.BF16, 1)).isLessThan(0.02);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void anImagesResultDependsOnNothingButTheBlockSize(String name, Network network) {
    for (Precision precision : precisions()) {
      try (PlanExecution single = plan(network, precision, BLOCK, 1);
          PlanExecution several = plan(network, precision, BLOCK, 3)) {
        float[] all = evaluate(single, network, 7);
        for (int count = 1; count <= 7; count++) {
          assertThat(evaluate(several, network, count))
              .as("%d images in %s", count, precision)
              .containsExactly(Arrays.copyOf(all, count * all.length / 7));
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void anImagesResultDoesNotDependOnItsPlaceInTheBlock(String name, Network network) {
    for (Precision precision : precisions()) {
      try (PlanExecution plan = plan(network, precision, 7, 1)) {
        float[] all = EagerExecutionTest.evaluate(plan, network, 0, 7);
        int size = all.length / 7;
        for (int image = 0; image < 7; image++) {
          assertThat(EagerExecutionTest.evaluate(plan, network, image, 1))
              .as("image %d alone in %s", image, precision)
              .containsExactly(Arrays.copyOfRange(all, image * size, (image + 1) * size));
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void oneImageAloneIsTheSameByOneThreadAndByTwo(String name, Network network) {
    for (Precision precision : precisions()) {
      try (PlanExecution one = plan(network, precision, 1, 1);
          PlanExecution two = plan(network, precision, 1, 2)) {
        float[] expected = evaluate(one, network, 1);
        for (int i = 0; i < 10; i++) { // the second thread joins when it has made its own plan
          assertThat(evaluate(two, network, 1)).as("%s", precision).containsExactly(expected);
        }
        float[] three = evaluate(one, network, 3);
        assertThat(evaluate(two, network, 3)).as("%s", precision).containsExactly(three);
      }
    }
  }

  private static double difference(Network network, Precision precision, int block) {
    try (PlanExecution plan = plan(network, precision, block, 2);
        EagerExecution plain =
            new EagerExecution(network, RandomWeights.of(network, 3), Precision.FP32, BLOCK, 1)) {
      float[] actual = evaluate(plan, network, 4);
      float[] expected = evaluate(plain, network, 4);
      return difference(actual, expected);
    }
  }

  /** Relative to the whole, in the square mean. */
  static double difference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double error = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / norm);
  }

  private static PlanExecution plan(Network network, Precision precision, int block, int threads) {
    return new PlanExecution(
        network,
        weights(network),
        () -> new EagerExecution(network, RandomWeights.of(network, 3), Precision.FP32, BLOCK, 1),
        () -> {},
        precision,
        block,
        threads);
  }

  static WeightSource weights(Network network) {
    Map<String, float[]> all = new HashMap<>();
    try (Params params = RandomWeights.of(network, 3);
        Scope scope = Scope.open()) {
      params.names().forEach(name -> all.put(name, params.at(name).floats()));
    }
    return (name, from, count) -> Arrays.copyOfRange(all.get(name), (int) from, (int) from + count);
  }

  private static float[] evaluate(BlockExecution execution, Network network, int images) {
    Random random = new Random(5);
    float[] x = RandomWeights.floats(random, images * (int) network.input().count(), 1);
    float[] labels = new float[images];
    for (int i = 0; i < images; i++) {
      labels[i] = 37 * i;
    }
    Conditions conditions = RandomWeights.conditions(network, 0, images);
    return execution.evaluate(x, images, labels, conditions);
  }
}
