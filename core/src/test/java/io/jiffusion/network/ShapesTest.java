package io.jiffusion.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ShapesTest {

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void theOutputHasTheSizeOfTheInput(String name, Network network) {
    Shape one = network.input();
    Shape output = Shapes.of(network, 3).output();
    boolean twice = network instanceof Unet unet && unet.config().learnedVariance();
    assertThat(output)
        .isEqualTo(Shape.of(3, (twice ? 2 : 1) * one.size(0), one.size(1), one.size(2)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void noTwoOperationsShareAName(String name, Network network) {
    List<String> names = new ArrayList<>();
    Shapes.of(
        new Traced(
            network,
            call -> {
              if (!call.name().isEmpty()) {
                names.add(call.name());
              }
            }),
        1);
    assertThat(names).isNotEmpty().doesNotHaveDuplicates();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.jiffusion.network.Networks#all")
  void theOperationsAccountForEveryParameterAndCostInProportionToTheImages(
      String name, Network network) {
    Shapes one = Shapes.of(network, 1);
    Shapes four = Shapes.of(network, 4);
    assertThat(one.operations().stream().mapToLong(Shapes.Operation::parameters).sum())
        .isEqualTo(one.parameterCount());
    assertThat(four.parameterCount()).isEqualTo(one.parameterCount());
    assertThat(four.flops()).isEqualTo(4 * one.flops());
  }

  @Test
  void thePerceptronCostsWhatPaperAndPencilSay() {
    Shapes shapes = Shapes.of(new Mlp(new MlpConfig(2, 16, 3, 8)), 1);
    long time = 8 * 16;
    long hidden = 3 * (16 * 16 + 16 * 16);
    long ends = 2 * 16 + 16 * 2;
    assertThat(shapes.flops()).isEqualTo(2 * (time + hidden + ends));
    assertThat(shapes.parameterCount()).isEqualTo(time + hidden + ends + 16 + 3 * 2 * 16 + 16 + 2);
  }

  @Test
  void attentionCostsTwoProductsOfMatrices() {
    Shapes shapes =
        of(ops -> ops.attention(Shape.of(2, 10, 8), Shape.of(2, 10, 8), Shape.of(2, 10, 8), 2));
    assertThat(shapes.flops()).isEqualTo(2 * (2 * 10 * 10 * 8) * 2);
  }

  @Test
  void aStrideHalvesTheSizeWithEitherPadding() {
    for (Ops.Padding padding : List.of(Ops.Padding.SYMMETRIC, Ops.Padding.BOTTOM_RIGHT)) {
      assertThat(of(ops -> ops.conv(Shape.of(1, 2, 8, 6), "c", 4, 3, 2, padding, 1)).output())
          .isEqualTo(Shape.of(1, 4, 4, 3));
    }
  }

  @Test
  void aNameAskedForTwiceIsOneParameter() {
    Shapes shapes = of(ops -> ops.linear(ops.linear(Shape.of(1, 3), "twin", 3, 1), "twin", 3, 1));
    assertThat(shapes.parameters()).hasSize(2);
    assertThat(shapes.parameterCount()).isEqualTo(12);
  }

  @Test
  void aNameAskedForWithAnotherShapeIsRefusedWithBoth() {
    assertThatThrownBy(
            () ->
                of(
                    ops ->
                        ops.block(
                            "down",
                            o -> o.linear(o.linear(Shape.of(1, 3), "twin", 4, 1), "twin", 5, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal network at down.twin.weight: is asked for as [5, 4] and as [4, 3]");
  }

  @Test
  void whatDoesNotFitIsToldWithItsPlace() {
    Shape image = Shape.of(1, 6, 4, 4);
    assertRefused(
        ops -> ops.add(image, Shape.of(1, 6, 4, 2)), "add: [1, 6, 4, 4] does not fit [1, 6, 4, 2]");
    assertRefused(
        ops -> ops.groupNorm(image, "norm", 4, 1e-5),
        "norm: 6 channels cannot be split into 4 groups");
    assertRefused(
        ops -> ops.addChannels(image, Shape.of(1, 5)),
        "addChannels: [1, 5] does not fit [1, 6, 4, 4]");
    assertRefused(
        ops -> ops.concat(image, Shape.of(1, 6, 2, 4)),
        "concat: [1, 6, 4, 4] does not fit [1, 6, 2, 4]");
    assertRefused(ops -> ops.channels(image, 4, 3), "channels: no channels 4 to 7 in [1, 6, 4, 4]");
    assertRefused(
        ops -> ops.averagePool(Shape.of(1, 6, 3, 4)),
        "averagePool: windows of 2x2 with stride 2 do not fit [1, 6, 3, 4]");
    assertRefused(
        ops -> ops.image(Shape.of(1, 15, 6), 4, 4), "image: [1, 15, 6] has no 4x4 pixels");
    assertRefused(
        ops -> ops.attention(Shape.of(1, 4, 6), Shape.of(1, 4, 6), Shape.of(1, 4, 6), 4),
        "attention: 6 channels cannot be split into 4 heads");
    assertRefused(
        ops -> ops.sinusoid(Shape.of(1), 2, Ops.Order.SIN_COS, 1),
        "sinusoid: width 2 must be even and above 2");
    assertRefused(
        ops -> ops.conv(Shape.of(1, 6), "c", 4, 3, 1, Ops.Padding.SYMMETRIC, 1),
        "c: a convolution needs an image, not [1, 6]");
  }

  private static void assertRefused(Function<Ops<Shape>, Shape> body, String text) {
    assertThatThrownBy(() -> of(body))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal network at " + text);
  }

  private static Shapes of(Function<Ops<Shape>, Shape> body) {
    return Shapes.of(
        new Network() {
          @Override
          @SuppressWarnings("unchecked")
          public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
            return (T) body.apply((Ops<Shape>) ops); // run on shapes only
          }

          @Override
          public Shape input() {
            return Shape.of(1, 1, 1);
          }

          @Override
          public int classes() {
            return 0;
          }
        },
        1);
  }

  /** No size leads to an overflow, to layers without end or to arrays beyond memory. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      resBlocks     | 2147483647 | illegal resBlocks: 2147483647, must be from 1 to 256
      channels      | 2147483646 | illegal channels: 2147483646, must be from 2 to 65536
      inputChannels | 65537      | illegal inputChannels: 65537, must be from 1 to 65536
      height        | 1073741824 | illegal height: 1073741824, must be from 1 to 16384
      width         | 16386      | illegal width: 16386, must be from 1 to 16384
      classes       | 2147483647 | illegal classes: 2147483647, must be from 0 to 1048576
      headWidth     | 2147483647 | illegal headWidth: 2147483647, must be from 0 to 65536
      embedding     | 2147483647 | illegal embedding: 2147483647, must be from 1 to 262144
      sinusoid      | 2147483646 | illegal sinusoid: 2147483646, must be from 4 to 65536
      """)
  void everySizeOfANetworkHasABound(String name, int value, String message) {
    assertThatThrownBy(() -> Networks.unet(Map.of(name, value))).hasMessage(message);
  }

  @Test
  void parametersAndArithmeticBeyondAllNumbersAreRefused() {
    assertThatThrownBy(() -> Shapes.of(Networks.unet(Map.of("channels", 32768)), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has too many numbers, must be at most 2147483639");
    DitConfig wide = new DitConfig(65536, 65536, 16, 1, 16384, 1, 256, 1000, 0, 1e-6);
    assertThatThrownBy(() -> Shapes.of(new Dit(wide), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there are more than 68719476736 parameters, must be fewer");
    assertThat(Sizes.product("all", 3, 1L << 60)).isEqualTo(3L << 60);
    assertThatThrownBy(() -> Sizes.product("all", 4, 1L << 61))
        .hasMessage("illegal network at all: its size is beyond all numbers, must be smaller");
    assertThatThrownBy(() -> Sizes.product("all", 1L << 40, 1L << 40, 1L << 40))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void layersWithoutEndAreRefused() {
    TransformerConfig context = new TransformerConfig(8, false, null, false);
    UnetLevel deep =
        new UnetLevel(8, UnetLevel.Attention.CROSS, UnetLevel.Attention.CROSS, 1, 256, null, null);
    Map<String, Object> all = new java.util.HashMap<>();
    all.put("multipliers", List.of());
    all.put("attention", List.of());
    all.put("levels", java.util.List.of(deep));
    all.put("transformer", context);
    all.put("resBlocks", 256);
    assertThatThrownBy(() -> Shapes.of(Networks.unet(all), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there are more than 100000 layers, must be fewer");
  }
}
