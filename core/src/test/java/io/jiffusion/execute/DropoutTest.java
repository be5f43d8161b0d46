package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.network.Ops;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class DropoutTest {
  private static final int COUNT = 40_001; // not a multiple of what one draw gives

  @Test
  void theMaskIsAFunctionOfSeedStepAndName() {
    float[] mask = mask(7, 3, "a", 0.3);
    assertThat(mask(7, 3, "a", 0.3)).containsExactly(mask);
    assertThat(agreement(mask, mask(7, 4, "a", 0.3)))
        .isCloseTo(0.58, within(0.02)); // 0.3² + 0.7²: independent
    assertThat(agreement(mask, mask(8, 3, "a", 0.3))).isCloseTo(0.58, within(0.02));
    assertThat(agreement(mask, mask(7, 3, "b", 0.3))).isCloseTo(0.58, within(0.02));
  }

  @Test
  void theNameIsThatWithItsBlocks() {
    try (Params params = new Params();
        Scope scope = Scope.open()) {
      Ops<Tensor> ops = Eager.training(params, Precision.FP32, new Eager.Dropout(7, 3));
      float[] outside = ops.dropout(ones(), "a", 0.3).floats();
      float[] inside = ops.block("block", o -> o.dropout(ones(), "a", 0.3)).floats();
      assertThat(agreement(outside, inside)).isCloseTo(0.58, within(0.02));
    }
  }

  @Test
  void theShareIsDroppedAndTheRestIsScaledUp() {
    for (double p : new double[] {0.1, 0.5, 0.9}) {
      float[] mask = mask(1, 1, "a", p);
      double dropped = 0;
      double sum = 0;
      for (float value : mask) {
        assertThat(value == 0 || Math.abs(value - 1 / (1 - p)) < 1e-3).isTrue();
        dropped += value == 0 ? 1 : 0;
        sum += value;
      }
      double error = 4 * Math.sqrt(p * (1 - p) / COUNT); // four standard deviations
      assertThat(dropped / COUNT).isCloseTo(p, within(error));
      assertThat(sum / COUNT).isCloseTo(1, within(error / (1 - p)));
    }
  }

  @Test
  void nothingIsDroppedAtShareZeroOrOutsideTraining() {
    try (Params params = new Params();
        Params formats = new Params();
        Scope scope = Scope.open()) {
      Tensor x = ones();
      assertThat(Eager.training(params, Precision.FP32, new Eager.Dropout(7, 3)).dropout(x, "a", 0))
          .isSameAs(x);
      assertThat(Eager.inference(params, formats, Precision.FP32).dropout(x, "a", 0.5)).isSameAs(x);
    }
  }

  private static float[] mask(long seed, long step, String name, double p) {
    try (Params params = new Params();
        Scope scope = Scope.open()) {
      return Eager.training(params, Precision.FP32, new Eager.Dropout(seed, step))
          .dropout(ones(), name, p)
          .floats();
    }
  }

  private static Tensor ones() {
    float[] ones = new float[COUNT];
    Arrays.fill(ones, 1);
    return Tensor.of(ones, COUNT);
  }

  private static double agreement(float[] a, float[] b) {
    int same = 0;
    for (int i = 0; i < a.length; i++) {
      same += (a[i] == 0) == (b[i] == 0) ? 1 : 0;
    }
    return same / (double) a.length;
  }
}
