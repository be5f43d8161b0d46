package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.Traced;
import io.jiffusion.network.Unet;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every network does in an execution. */
@ExtendWith(NativeHandles.class)
class EagerExecutionTest {
  private static final int BLOCK = 3;

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void everyOperationGivesTheShapeThatWasForetold(String name, Network network) {
    List<Traced.Call> calls = new ArrayList<>();
    Traced traced = new Traced(network, calls::add);
    Shapes shapes = Shapes.of(traced, BLOCK);
    List<Traced.Call> foretold = List.copyOf(calls);
    try (EagerExecution execution = execution(traced, Precision.FP32, BLOCK, 1)) {
      calls.clear();
      float[] output = evaluate(execution, network, 0, BLOCK);
      assertThat(output).hasSize((int) shapes.output().count());
    }
    assertThat(calls).isEqualTo(foretold);
    List<String> costly = List.of("conv", "linear", "groupNorm", "attention", "embedding");
    assertThat(
            calls.stream()
                .filter(
                    call ->
                        costly.contains(call.kind())
                            || call.kind().equals("layerNorm") && !call.name().isEmpty())
                .map(Traced.Call::result))
        .isEqualTo(shapes.operations().stream().map(Shapes.Operation::output).toList());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void anImagesResultDependsOnNothingButTheBlockSize(String name, Network network) {
    try (EagerExecution single = execution(network, Precision.FP32, BLOCK, 1);
        EagerExecution several = execution(network, Precision.FP32, BLOCK, 3)) {
      checkIndependence(network, single, several);
    }
  }

  @Test
  void inBf16AnImagesResultDependsOnNothingButTheBlockSize() {
    Network network = Networks.unet(Map.of("classes", 5));
    try (EagerExecution single = execution(network, Precision.BF16, BLOCK, 1);
        EagerExecution several = execution(network, Precision.BF16, BLOCK, 3)) {
      checkIndependence(network, single, several);
    }
  }

  private static void checkIndependence(
      Network network, EagerExecution single, EagerExecution several) {
    int images = 7;
    float[] all = evaluate(single, network, 0, images);
    int size = all.length / images;
    for (int count = 1; count <= images; count++) {
      assertThat(evaluate(several, network, 0, count))
          .as("%d images", count)
          .containsExactly(Arrays.copyOf(all, count * size));
    }
    // Without pixels an image is a row of a matrix, and the engine computes the last rows of a
    // matrix by other instructions.
    for (int image = 0; image < images && network instanceof Unet; image++) {
      assertThat(evaluate(single, network, image, 1))
          .as("image %d alone", image)
          .containsExactly(Arrays.copyOfRange(all, image * size, (image + 1) * size));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void bf16IsWithinTwoPercentOfFp32(String name, Network network) {
    try (EagerExecution wide = execution(network, Precision.FP32, BLOCK, 1);
        EagerExecution narrow = execution(network, Precision.BF16, BLOCK, 1)) {
      float[] expected = evaluate(wide, network, 0, BLOCK);
      float[] actual = evaluate(narrow, network, 0, BLOCK);
      double error = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        error += Math.pow(actual[i] - expected[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      assertThat(norm).isGreaterThan(0.01);
      assertThat(Math.sqrt(error / norm)).isLessThan(0.02);
    }
  }

  @Test
  void theUnetOfDdpmHasItsParametersAndCost() {
    Shapes shapes = Shapes.of(DiffusersUnet.of("cifar10-fullsize").network(), 1);
    assertThat(shapes.parameterCount()).isEqualTo(35_746_307);
    long layers =
        shapes.operations().stream()
            .filter(operation -> !operation.kind().equals("attention"))
            .mapToLong(Shapes.Operation::flops)
            .sum();
    assertThat((double) layers)
        .isCloseTo(2 * 6.06e9, within(0.03e9)); // the literature's multiply-adds, layers only
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aDeepNetworkHoldsFewTensorsAtATime(Precision precision) {
    Network deep =
        Networks.unet(
            Map.of(
                "multipliers", List.of(1, 1, 1, 1), "resBlocks", 4, "attention", List.of(8, 4, 2)));
    long[] peak = new long[1];
    int[] calls = new int[1];
    Traced watched =
        new Traced(
            deep,
            call -> {
              peak[0] = Math.max(peak[0], Torch.liveHandles());
              calls[0]++;
            });
    try (EagerExecution execution = execution(watched, precision, 1, 1)) {
      evaluate(execution, deep, 0, 1);
      long before = Torch.liveHandles();
      peak[0] = 0;
      calls[0] = 0;
      evaluate(execution, deep, 0, 1);
      assertThat(calls[0]).isGreaterThan(500);
      assertThat(peak[0] - before).isBetween(10L, 200L); // some 20 skips, and what one block needs
      assertThat(Torch.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void executionsShareNothingButTheEngine() throws InterruptedException {
    Network network = Networks.unet(Map.of());
    try (EagerExecution execution = execution(network, Precision.FP32, BLOCK, 2)) {
      float[] expected = evaluate(execution, network, 0, 5);
      List<float[]> results = java.util.Collections.synchronizedList(new ArrayList<>());
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        callers.add(new Thread(() -> results.add(evaluate(execution, network, 0, 5))));
      }
      callers.forEach(Thread::start);
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(results)
          .hasSize(4)
          .allSatisfy(result -> assertThat(result).containsExactly(expected));
    }
  }

  @Test
  void anInterruptedCallerGetsItsResultAndKeepsTheInterruption() {
    Network network = Networks.unet(Map.of());
    try (EagerExecution execution = execution(network, Precision.FP32, BLOCK, 1)) {
      float[] expected = evaluate(execution, network, 0, 5);
      Thread.currentThread().interrupt();
      float[] actual = evaluate(execution, network, 0, 5);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(actual).containsExactly(expected);
    }
  }

  @Test
  void wrongCallsAreToldByRule() {
    Network plain = Networks.unet(Map.of());
    Network classes = Networks.unet(Map.of("classes", 5));
    try (EagerExecution execution = execution(plain, Precision.FP32, BLOCK, 1);
        EagerExecution conditional = execution(classes, Precision.FP32, BLOCK, 2)) {
      assertThatThrownBy(() -> execution.evaluate(new float[127], 1, new float[1], Conditions.NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal input: 127 values and 1 labels for 1 images of [2, 8, 8]");
      assertThatThrownBy(() -> execution.evaluate(new float[0], 0, new float[0], Conditions.NONE))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () ->
                  execution.evaluate(
                      new float[128], 1, new float[1], Conditions.classes(new int[1])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("this network has no classes");
      assertThatThrownBy(
              () -> conditional.evaluate(new float[128], 1, new float[1], Conditions.NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("this network needs the class of each image");
      assertThatThrownBy(
              () ->
                  conditional.evaluate(
                      new float[5 * 128],
                      5,
                      new float[5],
                      Conditions.classes(new int[] {0, 5, 0, 0, 0})))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal class: 5, must be from 0 to 4 for this network");
      assertThat(
              conditional.evaluate(
                  new float[5 * 128],
                  5,
                  new float[5],
                  Conditions.classes(new int[] {0, 1, 2, 3, 4})))
          .hasSize(5 * 128);
    }
  }

  @Test
  void blocksAndThreadsAreAtLeastOne() {
    try (Params params = new Params()) {
      assertThatThrownBy(
              () -> new EagerExecution(Networks.unet(Map.of()), params, Precision.FP32, 0, 1))
          .hasMessage("illegal block 0 or threads 1, must be 1 or more");
    }
  }

  @Test
  void weightsOfAnotherNetworkAreToldByName() {
    Network network = Networks.unet(Map.of());
    try (EagerExecution execution =
        new EagerExecution(network, new Params(), Precision.FP32, 1, 1)) {
      assertThatThrownBy(() -> evaluate(execution, network, 0, 1))
          .hasMessage("no parameter time.linear1.weight");
    }
  }

  @Test
  void aLargeNetworkSeesFewImagesAtATime() {
    Network small = Networks.unet(Map.of());
    Network large = DiffusersUnet.of("cifar10-fullsize").network();
    assertThat(EagerExecution.blockFor(small)).isEqualTo(512);
    assertThat(EagerExecution.blockFor(large)).isEqualTo(1);
    for (Precision precision : Precision.values()) {
      assertThat(PlanExecution.blockFor(small, precision)).isBetween(64, 512);
      assertThat(PlanExecution.blockFor(large, precision)).isEqualTo(1);
    }
  }

  @Test
  void evaluationNeedsNoScopeOfTheCallerAndTouchesNone() {
    Network network = Networks.unet(Map.of());
    try (EagerExecution execution = execution(network, Precision.FP32, 1, 1)) {
      float[] outside = evaluate(execution, network, 0, 1);
      try (Scope scope = Scope.open()) {
        long before = Torch.liveHandles();
        assertThat(evaluate(execution, network, 0, 1)).containsExactly(outside);
        assertThat(Torch.liveHandles()).isEqualTo(before);
      }
    }
  }

  private static EagerExecution execution(
      Network network, Precision precision, int block, int threads) {
    return new EagerExecution(network, RandomWeights.of(network, 1), precision, block, threads);
  }

  /** Evaluates some of a fixed row of images. */
  static float[] evaluate(BlockExecution execution, Network network, int first, int count) {
    int size = (int) network.input().count();
    float[] x = new float[count * size];
    float[] labels = new float[count];
    for (int i = 0; i < count; i++) {
      System.arraycopy(
          RandomWeights.floats(new Random(100 + first + i), size, 1), 0, x, i * size, size);
      labels[i] = 17 * (first + i);
    }
    return execution.evaluate(x, count, labels, RandomWeights.conditions(network, first, count));
  }
}
