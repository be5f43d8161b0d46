package io.jiffusion.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierTest {

  @Test
  void givesFeaturesAndLogitsInOneOutput() {
    Shapes shapes = Shapes.of(new Classifier(new ClassifierConfig(1, 32, 16, 128, 10)), 5);
    assertThat(shapes.output()).isEqualTo(Shape.of(5, 128 + 10, 1, 1));
    assertThat(shapes.parameterCount()).isEqualTo(99_178);
    assertThat(shapes.flops() / 5).isEqualTo(7_285_248);
  }

  @Test
  void isToldTheTimeInEveryLayerWhereImagesAreNoisy() {
    Shapes shapes = Shapes.of(new Classifier(new ClassifierConfig(1, 32, 16, 128, 10), true), 5);
    assertThat(shapes.output()).isEqualTo(Shape.of(5, 128 + 10, 1, 1));
    assertThat(shapes.parameterCount())
        .isEqualTo(99_178 + 65 * 64 + 65 * (16 + 32 + 64 + 128)); // embedding, layers
  }

  @Test
  void takesImagesOfAnyPowerOfTwo() {
    Classifier small = new Classifier(new ClassifierConfig(3, 8, 8, 16, 2));
    assertThat(Shapes.of(small, 1).output()).isEqualTo(Shape.of(1, 18, 1, 1));
    Classifier large = new Classifier(new ClassifierConfig(3, 64, 8, 16, 2));
    assertThat(Shapes.of(large, 1).output()).isEqualTo(Shape.of(1, 18, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "0,32,16,128,10",
    "1,28,16,128,10",
    "1,4,16,128,10",
    "1,32,12,128,10",
    "1,32,16,0,10",
    "1,32,16,128,1"
  })
  void refusesAShapeThatCannotBe(int in, int size, int channels, int features, int classes) {
    assertThatThrownBy(() -> new ClassifierConfig(in, size, channels, features, classes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal classifier: input channels %d, size %d, channels %d, features %d, classes %d; the size must be a"
                + " power of two from 8 on, channels and features multiples of 8, classes 2 or more",
            in, size, channels, features, classes);
  }
}
