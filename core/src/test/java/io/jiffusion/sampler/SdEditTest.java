package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import org.junit.jupiter.api.Test;

class SdEditTest {
  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 10)); // 0.901, 0.801, …
  private final Denoiser model = MixtureDenoiser.gaussian(betas, 0.3, 0.5);
  private final Batch z = Noise.start(new long[] {1, 2}, 1, 1, 1);
  private final Batch image = z.with(new double[] {1.5, -1});
  private final Walk walk = new Walk(model, betas, grid, Noise.keyed(1, 2));

  @Test
  void walksTheRestOfTheGridFromTheNoisedPicture() {
    TimeGrid rest = grid.part(5, 10);
    Batch start = Batch.lincomb(betas.alpha(0.401), image, betas.sigma(0.401), z);
    for (double strength : new double[] {0.401, 0.45}) {
      SdEdit sampler = new SdEdit(new Ddim(0), image, strength);
      assertThat(sampler.sample(walk, z).data())
          .isEqualTo(new Ddim(0).sample(walk.over(rest, 0), start).data());
      assertThat(sampler.evaluations(grid)).hasValue(5);
    }
  }

  @Test
  void keepsMoreOfThePictureTheEarlierItStarts() {
    double kept = 0;
    for (double strength : new double[] {1, 0.5, 0.2, 0.1}) {
      double[] made = new SdEdit(new Ddim(0), image, strength).sample(walk, z).data();
      double[] other = new SdEdit(new Ddim(0), image.times(-1), strength).sample(walk, z).data();
      double share = (made[0] - other[0]) / (image.data()[0] - -image.data()[0]);
      assertThat(share).isGreaterThan(kept);
      kept = share;
    }
    assertThat(kept).isCloseTo(1, within(0.1));
  }

  @Test
  void takesTheNoiseOfTheStartWhateverItsSize() {
    EdmLike edm = new EdmLike();
    TimeGrid times = new TimeGrid(new double[] {1, 0.5, 0.1, 0});
    Walk wide = new Walk(MixtureDenoiser.gaussian(edm, 0, 0.5), edm, times, Noise.keyed(1, 2));
    Batch start = Batch.lincomb(1, image, edm.sigma(0.5), z);
    assertThat(new SdEdit(new Ddim(0), image, 0.5).sample(wide, z.times(20)).data())
        .containsExactly(
            new Ddim(0).sample(wide.over(times.part(1, 3), 0), start).data(), within(1e-12));
  }

  @Test
  void composesWithRePaint() {
    SdEdit sampler = new SdEdit(new RePaint(new Ddim(1), 2, 3, Noise.keyed(1, 2)), image, 0.5);
    assertThat(sampler.evaluations(grid)).hasValue(2 * 2 * 3 + 1);
    assertThat(sampler.sample(walk, z).data()).doesNotContain(Double.NaN);
  }

  @Test
  void refusesAStrengthOutsideOfTheGrid() {
    assertThatThrownBy(() -> new SdEdit(new Ddim(0), image, 0))
        .hasMessage("illegal strength: 0.0, must be above 0 and at most 1");
    assertThatThrownBy(() -> new SdEdit(new Ddim(0), image, 0.0005).sample(walk, z))
        .hasMessage(
            "illegal strength: 5.0E-4, must be at least 0.001, where the last of these 10 steps"
                + " begins");
  }

  /** alpha 1, sigma up to 20. */
  private static final class EdmLike implements NoiseSchedule {
    @Override
    public double alpha(double t) {
      return 1;
    }

    @Override
    public double sigma(double t) {
      return 20 * t;
    }

    @Override
    public double priorStd() {
      return 20;
    }
  }
}
