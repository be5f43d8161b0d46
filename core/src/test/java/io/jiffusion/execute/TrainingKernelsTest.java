package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(NativeHandles.class)
class TrainingKernelsTest {

  @ParameterizedTest
  @EnumSource(Precision.class)
  void partsOfAGradientAreAddedInFp32(Precision precision) {
    try (TrainingKernels kernels = new TrainingKernels(precision);
        Scope scope = Scope.open()) {
      for (int count : new int[] {1, 7, 32, 1000}) {
        List<Tensor> parts = List.of(parts(count, 1), parts(count, 2), parts(count, 3));
        List<Tensor> given = parts.stream().map(part -> part.to(precision)).toList();
        Tensor sum = Tensor.of(new float[count], count);
        kernels.sum(given, sum);
        Tensor expected = given.get(0).to(Precision.FP32).plus(given.get(1)).plus(given.get(2));
        assertThat(sum.floats()).containsExactly(expected.floats());
        kernels.sum(given.subList(0, 1), sum);
        assertThat(sum.floats()).containsExactly(given.get(0).floats());
        kernels.sum(List.of(given.get(0), parts.get(1)), sum); // of two formats
        assertThat(sum.floats())
            .containsExactly(given.get(0).to(Precision.FP32).plus(parts.get(1)).floats());
      }
    }
  }

  private static Tensor parts(int count, long seed) {
    return Tensor.of(RandomWeights.floats(new Random(seed), count, 1), count);
  }
}
