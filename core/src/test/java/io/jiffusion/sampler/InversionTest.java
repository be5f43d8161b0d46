package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InversionTest {
  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final Batch images = Noise.start(new long[] {1, 2, 3}, 2, 1, 1).times(0.7);

  private Walk walk(int steps) {
    return new Walk(
        MixtureDenoiser.of(betas, "plane"),
        betas,
        TimeGrid.of(1000, Respacing.uniform(1000, steps)),
        Noise.keyed());
  }

  @Test
  void reconstructsBetterTheMoreStepsThereAre() {
    double before = Double.POSITIVE_INFINITY;
    for (int steps : new int[] {10, 20, 50, 100, 200, 500}) { // those of the paper's table
      Walk walk = walk(steps);
      Batch back = Inversion.decode(new Ddim(0), walk, Inversion.encode(new Ddim(0), walk, images));
      double error = Arrays.stream(Inversion.error(images, back)).max().orElseThrow();
      assertThat(error).isLessThan(before);
      before = error;
    }
  }

  @Test
  void encodesAsTheNoiseFromWhichTheImageIsSampled() {
    Walk walk = walk(500);
    Batch noise = Noise.start(new long[] {4, 5}, 2, 1, 1);
    Batch sampled = Inversion.decode(new Ddim(0), walk, noise);
    double[] again = Inversion.encode(new Ddim(0), walk, sampled).data();
    assertThat(again).containsExactly(noise.data(), within(0.02));
  }

  @Test
  void measuresTheErrorInValuesFromZeroToOne() {
    Batch black = new Batch(2, 1, 1, 2, new double[] {-1, -1, -1, -1});
    Batch other = black.with(new double[] {1, 1, -1, 0});
    assertThat(Inversion.error(black, other))
        .containsExactly(new double[] {1, 0.125}, within(1e-12));
  }

  @Test
  void refusesWhatHasNoInverse() {
    assertThatThrownBy(() -> Inversion.encode(new Ancestral(Variance.SMALL), walk(10), images))
        .hasMessageContaining("must descend for Ancestral[variance=SMALL], which adds noise");
    assertThatThrownBy(() -> Inversion.encode(new Ddim(0), walk(1), images))
        .hasMessage(
            "illegal steps: 1, must be 2 or more to encode images: the last one has no inverse");
  }

  @Test
  void interpolatesAlongTheGreatCircle() {
    Batch from = new Batch(2, 1, 1, 2, new double[] {3, 0, 1, 1});
    Batch to = new Batch(2, 1, 1, 2, new double[] {0, 3, 1, -1});
    double half = 3 / Math.sqrt(2);
    assertThat(Interpolation.slerp(from, to, 0.5).data())
        .containsExactly(new double[] {half, half, Math.sqrt(2), 0}, within(1e-12));
    Batch a = Noise.start(new long[] {1}, 3, 8, 8);
    Batch b = Noise.start(new long[] {2}, 3, 8, 8);
    a = a.times(10 / a.norm()[0]);
    b = b.times(10 / b.norm()[0]);
    Batch path = Interpolation.path(a, b, 7);
    assertThat(path.images()).isEqualTo(7);
    assertThat(path.norm())
        .containsExactly(new double[] {10, 10, 10, 10, 10, 10, 10}, within(1e-9));
    assertThat(path.slice(0, 1).data()).isEqualTo(a.data());
    assertThat(path.slice(6, 1).data()).isEqualTo(b.data());
    double[] angles = new double[6];
    for (int i = 0; i < angles.length; i++) {
      angles[i] = Math.acos(path.slice(i, 1).dot(path.slice(i + 1, 1))[0] / 100);
    }
    assertThat(angles).containsExactly(filled(angles[0]), within(1e-9));
  }

  private static double[] filled(double value) {
    double[] filled = new double[6];
    Arrays.fill(filled, value);
    return filled;
  }

  @Test
  void interpolatesBetweenTheSameStatesToo() {
    Batch x = Noise.start(new long[] {1}, 1, 2, 2);
    assertThat(Interpolation.slerp(x, x, 0.3).data()).containsExactly(x.data(), within(1e-12));
    Batch zero = x.with(new double[4]);
    assertThat(Interpolation.slerp(zero, zero, 0.3).data()).isEqualTo(zero.data());
    assertThatThrownBy(() -> Interpolation.path(x, x, 1))
        .hasMessage("illegal number of images: 1, must be 2 or more: the ends are among them");
  }
}
