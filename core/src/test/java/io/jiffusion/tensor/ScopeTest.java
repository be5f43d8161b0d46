package io.jiffusion.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class ScopeTest {

  @Test
  void nothingIsMadeOutsideAScope() {
    assertThat(Scope.isOpen()).isFalse();
    assertThatThrownBy(() -> Tensor.of(new float[] {1}, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no scope is open on this thread: wrap the work in Scope.open()");
    assertThatThrownBy(() -> Scope.of(() -> Tensor.of(new float[] {1}, 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Scope.gradients(false)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTensorOfALongLifeMakesNoneWithoutAScope() {
    try (Params params = new Params()) {
      try (Scope scope = Scope.open()) {
        params.put("x", Tensor.of(new float[] {1, 2}, 2));
      }
      Tensor x = params.at("x");
      assertThatThrownBy(() -> x.times(2)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(x::floats).isInstanceOf(IllegalStateException.class);
      assertThat(x.sizes()).containsExactly(2);
    }
  }

  @Test
  void closingFreesAllThatWasMade() {
    long before = Torch.liveHandles();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}, 2);
      x.plus(x).times(2).sum();
      assertThat(Torch.liveHandles()).isGreaterThan(before);
    }
    assertThat(Torch.liveHandles()).isEqualTo(before);
    assertThat(Scope.isOpen()).isFalse();
  }

  @Test
  void onlyTheResultLeavesAScopeWithAResult() {
    try (Scope outer = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}, 2);
      long before = Torch.liveHandles();
      Tensor y = Scope.of(() -> x.plus(x).times(2).plus(1));
      assertThat(Torch.liveHandles()).isEqualTo(before + 1);
      assertThat(y.floats()).containsExactly(5, 9);
    }
  }

  @Test
  void theResultMayBeATensorOfTheOuterScope() {
    try (Scope outer = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}, 2);
      assertThat(Scope.of(() -> x)).isSameAs(x);
      assertThat(x.plus(1).floats()).containsExactly(2, 3);
    }
  }

  @Test
  void aFailureInAnInnerScopeLeavesTheOuterOneOpen() {
    try (Scope outer = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2}, 2);
      assertThatThrownBy(
              () ->
                  Scope.of(
                      () -> {
                        x.plus(1);
                        throw new IllegalArgumentException("of the body");
                      }))
          .hasMessage("of the body");
      assertThat(x.plus(1).floats()).containsExactly(2, 3);
    }
    assertThat(Scope.isOpen()).isFalse();
  }

  @Test
  void gradientsAreRecordedAgainWhenTheScopeCloses() {
    try (Scope outer = Scope.open()) {
      Tensor w = Tensor.of(new float[] {3}, 1).leaf();
      try (Scope inner = Scope.open()) {
        Scope.gradients(false);
        w.times(2);
      }
      w.square().sum().backward();
      assertThat(w.takeGradient().floats()).containsExactly(6);
    }
  }
}
