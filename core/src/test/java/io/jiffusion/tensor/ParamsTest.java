package io.jiffusion.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class ParamsTest {

  @Test
  void whatIsPutOutlivesItsScope() {
    try (Params params = filled()) {
      try (Scope scope = Scope.open()) {
        assertThat(params.at("a").floats()).containsExactly(1, 2);
      }
      assertThat(params.names()).containsExactly("a", "b");
      assertThat(params.has("b")).isTrue();
      assertThat(params.has("c")).isFalse();
    }
  }

  @Test
  void whatIsReplacedIsFreed() {
    try (Params params = filled()) {
      long before = Torch.liveHandles();
      try (Scope scope = Scope.open()) {
        params.put("a", Tensor.of(new float[] {7}, 1));
      }
      assertThat(Torch.liveHandles()).isEqualTo(before);
      try (Scope scope = Scope.open()) {
        assertThat(params.at("a").floats()).containsExactly(7);
      }
    }
  }

  @Test
  void aTensorCanBeReplacedByItself() {
    try (Params params = filled()) {
      params.put("a", params.at("a"));
      try (Scope scope = Scope.open()) {
        assertThat(params.at("a").floats()).containsExactly(1, 2);
      }
    }
  }

  @Test
  void aChangeOfAllMakesParametersOfTheirOwn() {
    try (Params params = filled();
        Params doubled = params.map(x -> x.plus(1).times(2))) {
      try (Scope scope = Scope.open()) {
        assertThat(doubled.at("a").floats()).containsExactly(4, 6);
        assertThat(params.at("a").floats()).containsExactly(1, 2);
      }
    }
  }

  @Test
  void aChangeThatFailsHalfWayLeavesNothing() {
    try (Params params = filled()) {
      assertThatThrownBy(() -> params.map(x -> x.reshape(2)))
          .hasMessageContaining("the engine refused reshape");
    }
  }

  @Test
  void aMissingOneIsMadeOnce() {
    try (Params params = new Params();
        Scope scope = Scope.open()) {
      Tensor first = params.computeIfAbsent("x", () -> Tensor.of(new float[] {1}, 1));
      assertThat(
              params.computeIfAbsent(
                  "x",
                  () -> {
                    throw new AssertionError("made twice");
                  }))
          .isSameAs(first);
    }
  }

  @Test
  void anUnknownNameIsTold() {
    try (Params params = filled()) {
      assertThatThrownBy(() -> params.at("c"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no parameter c");
    }
  }

  @Test
  void closedParametersRefuseUseAndCloseTwice() {
    Params params = filled();
    params.close();
    params.close();
    assertThatThrownBy(() -> params.at("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("these parameters are closed");
    assertThatThrownBy(() -> params.map(x -> x)).isInstanceOf(IllegalStateException.class);
  }

  private static Params filled() {
    Params params = new Params();
    try (Scope scope = Scope.open()) {
      params.put("a", Tensor.of(new float[] {1, 2}, 2));
      params.put("b", Tensor.of(new float[] {3}, 1));
    }
    return params;
  }
}
