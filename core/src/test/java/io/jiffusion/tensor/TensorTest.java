package io.jiffusion.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class TensorTest {

  @Test
  void whatTheEngineRefusesIsToldInOneLineWithTheOperation() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3}, 3);
      Tensor b = Tensor.of(new float[] {1, 2}, 2);
      assertThatThrownBy(() -> a.plus(b))
          .isInstanceOf(JiffusionException.class)
          .hasMessageStartingWith("the engine refused add: ")
          .hasMessageContaining("must match")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
      assertThatThrownBy(a::backward)
          .isInstanceOf(JiffusionException.class)
          .hasMessageStartingWith("the engine refused backward: ")
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
  }

  @Test
  void valuesAndSizesComeBack() {
    try (Scope scope = Scope.open()) {
      float[] values = {1, -2, 3, 1e-30f, Float.MAX_VALUE, 0};
      Tensor x = Tensor.of(values, 2, 3);
      assertThat(x.floats()).containsExactly(values);
      assertThat(x.sizes()).containsExactly(2, 3);
      assertThat(x.count()).isEqualTo(6);
      assertThat(x.permute(1, 0).floats()).containsExactly(1, 1e-30f, -2, Float.MAX_VALUE, 3, 0);
      assertThat(Tensor.of(new int[] {4, 5}).floats()).containsExactly(4, 5);
    }
  }

  @Test
  void sizesThatDoNotHoldTheValuesAreRefused() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> Tensor.of(new float[6], 2, 4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal sizes: [2, 4], must hold the 6 values");
      assertThat(Tensor.of(new float[] {7}, new long[0]).item()).isEqualTo(7);
    }
  }

  @Test
  void theSizesOfATensorNeedNoScopeAndLeaveNothing() {
    try (Params params = new Params()) {
      try (Scope scope = Scope.open()) {
        params.put("x", Tensor.of(new float[6], 2, 3));
      }
      long before = Torch.liveHandles();
      assertThat(params.at("x").sizes()).containsExactly(2, 3);
      assertThat(params.at("x").size(1)).isEqualTo(3);
      assertThat(Torch.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void bf16RoundsToEightBitsAndKeepsOrderOfImages() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 1.00390625f, 3.14159f, -0.1f, 2, 3, 4, 5}, 1, 2, 2, 2);
      Tensor narrow = x.to(Precision.BF16);
      float[] back = narrow.to(Precision.FP32).floats();
      assertThat(back[0]).isEqualTo(1);
      assertThat(back[1]).isEqualTo(1); // half-way, to even
      assertThat(back[2]).isEqualTo(3.140625f);
      assertThat(back[3]).isCloseTo(-0.1f, within(0.1f / 256));
      assertThat(narrow.floats()).containsExactly(back);
      assertThat(narrow.like(x).floats()).containsExactly(back);
    }
  }

  @Test
  void precisionsAreFoundByName() {
    assertThat(Precision.of("fp32")).isEqualTo(Precision.FP32);
    assertThat(Precision.of("bf16")).isEqualTo(Precision.BF16);
    assertThat(Precision.of("auto")).isEqualTo(Precision.fastest());
    assertThat(Precision.BF16).hasToString("bf16");
    assertThatThrownBy(() -> Precision.of("fp16"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal precision: fp16, must be fp32, bf16 or auto");
  }

  @Test
  void paddingIsBelowAndToTheRight() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
      assertThat(x.padBottomRight().floats()).containsExactly(1, 2, 0, 3, 4, 0, 0, 0, 0);
      assertThat(x.upsample().floats())
          .containsExactly(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4);
      assertThat(x.averagePool(2, 2, 2, 0, 0).floats()).containsExactly(2.5f);
      // the zeros around the image do not count
      assertThat(x.averagePool(1, 3, 1, 0, 1).floats()).containsExactly(1.5f, 1.5f, 3.5f, 3.5f);
      assertThat(x.times(-1).maxPool(3, 1, 1, 1, 0).floats()).containsExactly(-1, -2, -1, -2);
      assertThat(x.mean(2, 3).floats()).containsExactly(2.5f);
      assertThat(Tensor.concat(List.of(x, x), 1).narrow(1, 1, 1).floats())
          .containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void inPlaceOperationsChangeTheTensorItself() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}, 2);
      Tensor copy = x.copy();
      x.addInPlace(copy);
      assertThat(x.floats()).containsExactly(2, 4);
      x.copyInPlace(copy);
      assertThat(x.floats()).containsExactly(1, 2);
      assertThat(x.zerosLike().floats()).containsExactly(0, 0);
    }
  }

  @Test
  void crossEntropyIsTheMeanOfMinusTheLogOfTheRightShare() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Tensor.of(new float[] {0, 0, 0, 2}, 2, 2);
      double expected = (Math.log(2) + Math.log(1 + Math.exp(-2))) / 2;
      assertThat(logits.crossEntropy(Tensor.of(new int[] {0, 1})).item())
          .isCloseTo(expected, within(1e-6));
    }
  }
}
