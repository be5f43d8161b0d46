package io.jiffusion.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
        ops -> ops.averagePool(Shape.of(1, 6, 3, 4)), "averagePool: odd size [1, 6, 3, 4]");
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
}
