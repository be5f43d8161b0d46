package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BatchTest {
  private final Batch x = new Batch(2, 1, 1, 2, new double[] {1, 2, 3, 4});
  private final Batch y = new Batch(2, 1, 1, 2, new double[] {10, 20, 30, 40});

  @Test
  void combinesLinearly() {
    assertThat(Batch.lincomb(2, x, -1, y).data()).containsExactly(-8, -16, -24, -32);
    assertThat(Batch.lincomb(2, x, -1, y, 1, x).data()).containsExactly(-7, -14, -21, -28);
  }

  @Test
  void scalesAndMeasuresEachImage() {
    assertThat(x.times(new double[] {2, -1}).data()).containsExactly(2, 4, -3, -4);
    assertThat(new Batch(2, 1, 1, 3, new double[] {1, 1, 1, -2, 0, 2}).std())
        .containsExactly(0, Math.sqrt(8.0 / 3));
  }

  @Test
  void putsImagesTogetherAndTakesThemApart() {
    Batch both = x.concat(y);
    assertThat(both.images()).isEqualTo(4);
    assertThat(both.slice(1, 2).data()).containsExactly(3, 4, 10, 20);
    assertThat(both.slice(1, 2).images()).isEqualTo(2);
  }

  @Test
  void clampsWithoutTouchingTheOriginal() {
    assertThat(x.clamp(1.5, 3.5).data()).containsExactly(1.5, 2, 3, 3.5);
    assertThat(x.data()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void keepsAnUnclampedNotANumberSoThatItIsFound() {
    Batch broken = x.with(new double[] {1, 2, Double.NaN, 4}).clamp(-1, 1);
    assertThat(broken.firstNotFinite()).isEqualTo(1);
    assertThat(x.firstNotFinite()).isEqualTo(-1);
    assertThat(x.with(new double[] {Double.POSITIVE_INFINITY, 2, 3, 4}).firstNotFinite())
        .isEqualTo(0);
  }

  @Test
  void refusesAnArrayThatDoesNotFit() {
    assertThatThrownBy(() -> new Batch(1, 3, 2, 2, new double[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal data: 11 values, must be 1x3x2x2");
  }
}
