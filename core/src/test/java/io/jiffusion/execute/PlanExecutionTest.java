package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every network by its compiled plan, held to the plain execution. */
@ExtendWith(NativeHandles.class)
class PlanExecutionTest {
  private static final int BLOCK = 3;

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void inFp32APlanGivesWhatTheOperationsGive(String name, Network network) {
    assertThat(difference(network, Precision.FP32)).isLessThan(2e-6);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void inBf16APlanIsWithinTwoPercentOfFp32(String name, Network network) {
    assertThat(difference(network, Precision.BF16)).isLessThan(0.02);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void anImagesResultDependsOnNothingButTheBlockSize(String name, Network network) {
    try (PlanExecution single = plan(network, Precision.BF16, 1);
        PlanExecution several = plan(network, Precision.BF16, 3)) {
      float[] all = evaluate(single, network, 7);
      for (int count = 1; count <= 7; count++) {
        assertThat(evaluate(several, network, count))
            .as("%d images", count)
            .containsExactly(Arrays.copyOf(all, count * all.length / 7));
      }
    }
  }

  private static double difference(Network network, Precision precision) {
    try (PlanExecution plan = plan(network, precision, 2);
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

  private static PlanExecution plan(Network network, Precision precision, int threads) {
    return new PlanExecution(network, weights(network), precision, BLOCK, threads);
  }

  static PlanExecution.Weights weights(Network network) {
    Map<String, float[]> all = new HashMap<>();
    try (Params params = RandomWeights.of(network, 3);
        Scope scope = Scope.open()) {
      params.names().forEach(name -> all.put(name, params.at(name).floats()));
    }
    return new PlanExecution.Weights() {
      @Override
      public float[] floats(String name, long from, int count) {
        return Arrays.copyOfRange(all.get(name), (int) from, (int) from + count);
      }

      @Override
      public Execution differentiable() {
        return new EagerExecution(network, RandomWeights.of(network, 3), Precision.FP32, BLOCK, 1);
      }

      @Override
      public void close() {}
    };
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
