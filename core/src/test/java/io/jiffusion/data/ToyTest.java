package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ToyTest {
  static final java.util.List<String> names = Toy.NAMES;

  @ParameterizedTest
  @FieldSource("names")
  void setsFillTheUnitRangeAndKeepTheirPoints(String name) {
    Toy toy = Toy.of(name, 2000, 7);
    assertThat(Arrays.stream(toy.xy()).map(Math::abs).max().orElseThrow()).isBetween(0.85, 1.3);
    assertThat(Arrays.stream(toy.xy()).average().orElseThrow()).isBetween(-0.15, 0.15);
    assertThat(Arrays.copyOf(toy.xy(), 20)).containsExactly(Toy.of(name, 10, 7).xy());
    assertThat(Arrays.copyOf(toy.xy(), 2)).isNotEqualTo(Toy.of(name, 1, 8).xy());
    float[] out = new float[3];
    toy.example(5, out, 1);
    assertThat(out).containsExactly(0, (float) toy.xy()[10], (float) toy.xy()[11]);
    assertThat(toy.exampleSize()).isEqualTo(2);
  }

  @Test
  void checkerboardPointsLieOnDarkFieldsEachEquallyOften() {
    int[] counts = new int[16];
    double[] xy = Toy.of("checkerboard", 8000, 1).xy();
    for (int i = 0; i < xy.length; i += 2) {
      counts[(int) ((xy[i] + 1) * 2) * 4 + (int) ((xy[i + 1] + 1) * 2)]++;
    }
    for (int field = 0; field < 16; field++) {
      if ((field / 4 + field) % 2 == 0) {
        assertThat(counts[field]).isBetween(880, 1120);
      } else {
        assertThat(counts[field]).isZero();
      }
    }
  }

  @Test
  void gaussiansLieAroundEightCentresEachEquallyOften() {
    int[] counts = new int[8];
    double[] xy = Toy.of("gaussians", 8000, 1).xy();
    for (int i = 0; i < xy.length; i += 2) {
      long centre = Math.round(Math.atan2(xy[i + 1], xy[i]) / (Math.PI / 4));
      counts[Math.floorMod(centre, 8)]++;
      assertThat(Math.hypot(xy[i], xy[i + 1])).isBetween(0.65, 0.95);
    }
    assertThat(Arrays.stream(counts).allMatch(count -> count > 880 && count < 1120)).isTrue();
  }

  @Test
  void theSCurveIsTwoHalfCirclesOppositeInSign() {
    double[] xy = Toy.of("s-curve", 4000, 1).xy();
    for (int i = 0; i < xy.length; i += 2) {
      double above = Math.abs(Math.hypot(xy[i], 2 * xy[i + 1] - 1) - 1);
      double below = Math.abs(Math.hypot(xy[i], 2 * xy[i + 1] + 1) - 1);
      assertThat(Math.min(above, below)).isLessThan(0.3);
    }
  }

  @Test
  void refusesAnUnknownName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Toy.of("circle", 10, 1))
        .withMessage(
            "illegal toy set: circle, must be one of s-curve, swiss-roll, moons, checkerboard, gaussians");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Toy.of("moons", 0, 1))
        .withMessage("illegal points: 0, must be 1 or more");
  }
}
