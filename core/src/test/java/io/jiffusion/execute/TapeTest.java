package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.network.Condition;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.network.Ops;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradient of a network's weights, beside that which the engine finds for the whole network.
 */
@ExtendWith(NativeHandles.class)
class TapeTest {
  private static final Eager.Dropout DROPOUT = new Eager.Dropout(3, 5);
  private static final int IMAGES = 3;

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void isTheEnginesOwnInFp32(String name, Network network) {
    try (Case it = new Case(network, IMAGES, 1)) {
      Map<String, float[]> expected = it.engine(Precision.FP32);
      Map<String, float[]> gradient = it.tape(Precision.FP32, false);
      double whole = norm(joined(expected));
      assertThat(gradient.keySet()).isEqualTo(expected.keySet());
      gradient.forEach(
          (weight, values) ->
              assertThat(distance(values, expected.get(weight)))
                  .as(weight)
                  .isLessThan(1e-5 * norm(expected.get(weight)) + 1e-7 * whole));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void isNoFartherFromFp32InBf16ThanTheEnginesOwn(String name, Network network) {
    compare(network, 1.2);
  }

  /** Over some draws of the weights: how much bf16 changes a gradient is a matter of luck. */
  private static void compare(Network network, double most) {
    double engine = 0;
    double tape = 0;
    for (int seed = 1; seed <= 5; seed++) {
      try (Case it = new Case(network, IMAGES, seed)) {
        float[] exact = joined(it.engine(Precision.FP32));
        engine += Math.pow(distance(joined(it.engine(Precision.BF16)), exact) / norm(exact), 2);
        tape += Math.pow(distance(joined(it.tape(Precision.BF16, false)), exact) / norm(exact), 2);
      }
    }
    assertThat(Math.sqrt(engine / 5)).isBetween(0.001, 0.1);
    assertThat(Math.sqrt(tape)).isLessThan(most * Math.sqrt(engine));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void isTheSameIfTheValuesWithinBlocksAreComputedAgain(String name, Network network) {
    try (Case it = new Case(network, IMAGES, 1)) {
      for (Precision precision : Precision.values()) {
        Map<String, float[]> kept = it.tape(precision, false);
        Map<String, float[]> again = it.tape(precision, true);
        assertThat(again.keySet()).isEqualTo(kept.keySet());
        kept.forEach(
            (weight, values) -> assertThat(again.get(weight)).as(weight).containsExactly(values));
      }
    }
  }

  /** As the presets have them: many channels a group, several heads, a map that is not square. */
  @ParameterizedTest
  @EnumSource(Timing.class)
  void largeNormsAndAttentionAreNoFartherFromFp32InBf16(Timing timing) {
    Network network =
        Networks.unet(
            Map.of(
                "height", 16,
                "width", 8,
                "channels", 64,
                "groups", 16,
                "multipliers", List.of(1, 2),
                "attention", List.of(16, 8),
                "headWidth", 32,
                "timing", timing,
                "dropout", 0.1));
    compare(network, 1.1);
  }

  @Test
  void aValueThatWaitedForItsNormIsRightWhereverItIsUsed() {
    Network network =
        new Made() {
          @Override
          public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
            T image = ops.conv(x, "in", 8, 3, 1, Padding.SYMMETRIC, 1);
            T vector = ops.linear(ops.sinusoid(label, 8, Order.SIN_COS, 0), "time", 8, 1);
            T sum = ops.addChannels(image, vector);
            T norm = ops.groupNorm(sum, "norm", 2, 1e-5);
            T inside = ops.block("block", o -> o.silu(norm)); // a norm from outside
            T alone = ops.affine(norm, 0.5, 0.1); // the same without the function
            return ops.add(ops.add(inside, alone), ops.add(ops.silu(norm), sum));
          }
        };
    try (Case it = new Case(network, IMAGES, 1)) {
      for (boolean recompute : new boolean[] {false, true}) {
        float[] exact = joined(it.engine(Precision.FP32));
        assertThat(distance(joined(it.tape(Precision.FP32, recompute)), exact))
            .isLessThan(1e-5 * norm(exact));
        assertThat(distance(joined(it.tape(Precision.BF16, recompute)), exact))
            .isLessThan(0.02 * norm(exact));
      }
    }
  }

  @Test
  void frequenciesDrawnOnceAreNotTrained() {
    Network network =
        new Made() {
          @Override
          public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
            T noise = ops.fourier(label, "frequencies", 8, Order.SIN_COS, 16);
            return ops.addChannels(x, ops.linear(noise, "time", 2, 1));
          }
        };
    assertThat(
            Shapes.of(network, 1).parameters().stream()
                .filter(Parameter::trained)
                .map(Parameter::name))
        .containsExactly("time.weight", "time.bias");
    try (Case it = new Case(network, IMAGES, 1)) {
      assertThat(it.tape(Precision.FP32, false)).containsOnlyKeys("time.weight", "time.bias");
    }
  }

  @Test
  void aPassThatFailsLeavesNothingBehind() {
    try (Case it = new Case(Networks.unet(Map.of()), IMAGES, 1)) {
      it.tape(Precision.FP32, false);
      long handles = Torch.liveHandles();
      assertThatThrownBy(
              () ->
                  it.tape(
                      Precision.FP32,
                      false,
                      output -> {
                        throw new IllegalStateException("a loss that fails");
                      }))
          .hasMessage("a loss that fails");
      assertThat(Torch.liveHandles()).isEqualTo(handles);
    }
  }

  private abstract static class Made implements Network {
    @Override
    public Shape input() {
      return Shape.of(2, 4, 4);
    }

    @Override
    public int classes() {
      return 0;
    }
  }

  /** A network with weights, and what it is given. */
  private static final class Case implements AutoCloseable {
    private final Network network;
    private final Params weights;
    private final int images;

    Case(Network network, int images, long seed) {
      this.network = network;
      this.weights = RandomWeights.of(network, seed);
      this.images = images;
    }

    /** Of a fixed product with the output, by the engine's own differentiation of everything. */
    Map<String, float[]> engine(Precision precision) {
      Map<String, float[]> gradients = new HashMap<>();
      try (Params leaves = weights.map(Tensor::leaf);
          Scope scope = Scope.open()) {
        Tensor output =
            network.apply(
                Eager.training(leaves, precision, DROPOUT),
                input(precision),
                label(),
                condition(precision, Function.identity()));
        loss(output).backward();
        for (Parameter parameter : Shapes.of(network, 1).parameters()) {
          Tensor gradient = leaves.at(parameter.name()).takeGradient();
          if (parameter.trained() && gradient != null) {
            gradients.put(parameter.name(), gradient.floats());
          }
        }
      }
      return gradients;
    }

    Map<String, float[]> tape(Precision precision, boolean recompute) {
      return tape(precision, recompute, this::loss);
    }

    Map<String, float[]> tape(
        Precision precision, boolean recompute, Function<Tensor, Tensor> loss) {
      Map<String, float[]> gradients = new HashMap<>();
      try (Params leaves = weights.map(Tensor::leaf);
          PackedFilters filters = new PackedFilters(weights);
          Params found = new Params();
          TrainingKernels kernels = new TrainingKernels(precision);
          Scope scope = Scope.open();
          Tape tape = new Tape(leaves, filters, found, kernels, precision, DROPOUT, recompute)) {
        Tape.Value output =
            network.apply(
                tape,
                tape.given(input(precision)),
                tape.given(label()),
                condition(precision, tape::given));
        tape.backward(tape.apply(output, loss));
        for (String name : found.names()) {
          gradients.put(name, found.at(name).floats());
        }
      }
      return gradients;
    }

    private Tensor input(Precision precision) {
      Shape one = network.input();
      float[] x = RandomWeights.floats(new Random(7), images * (int) one.count(), 1);
      return Tensor.of(x, images, one.size(0), one.size(1), one.size(2)).to(precision);
    }

    private Tensor label() {
      float[] label = new float[images];
      for (int i = 0; i < images; i++) {
        label[i] = 17 * i + 1;
      }
      return Tensor.of(label, images);
    }

    private <T> Condition<T> condition(Precision precision, Function<Tensor, T> given) {
      Conditions all = RandomWeights.conditions(network, 0, images);
      return new Condition<>(
          all.classes() == null ? null : given.apply(Tensor.of(all.classes())),
          all.context() == null
              ? null
              : given.apply(
                  Tensor.of(all.context(), images, RandomWeights.CONTEXT, network.contextWidth())
                      .to(precision)),
          null,
          null);
    }

    private Tensor loss(Tensor output) {
      float[] factors = RandomWeights.floats(new Random(9), (int) output.count(), 1);
      return output.to(Precision.FP32).times(Tensor.of(factors, output.sizes())).sum();
    }

    @Override
    public void close() {
      weights.close();
    }
  }

  private static float[] joined(Map<String, float[]> gradients) {
    int size = gradients.values().stream().mapToInt(values -> values.length).sum();
    float[] all = new float[size];
    int at = 0;
    for (String name : gradients.keySet().stream().sorted().toList()) {
      float[] values = gradients.get(name);
      System.arraycopy(values, 0, all, at, values.length);
      at += values.length;
    }
    return all;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow((double) a[i] - b[i], 2);
    }
    return Math.sqrt(sum);
  }

  private static double norm(float[] a) {
    return distance(a, new float[a.length]);
  }
}
