package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SdEditTest {
  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 10)); // 0.901, 0.801, …
  private final Denoiser model = MixtureDenoiser.gaussian(betas, 0.3, 0.5);
  private final Batch z = Noise.start(new long[] {1, 2}, 1, 1, 1);
  private final Batch image = z.with(new double[] {1.5, -1});
  private final Walk walk = new Walk(model, betas, grid, Noise.keyed(1, 2));

  @ParameterizedTest
  @CsvSource({
    "0.401, 5", // a time of the grid
    "0.45, 6", // between two: begins there, then goes on at 0.401
    "0.4010001, 6",
    "0.3999, 5",
    "0.97, 10", // above the grid: its first step begins earlier
    "1, 10",
    "0.0015, 2",
    "0.001, 1",
  })
  void beginsAtTheStrengthItself(double strength, int evaluations) {
    double[] below = DoubleStream.of(grid.times()).skip(1).filter(t -> t < strength).toArray();
    double[] times =
        DoubleStream.concat(DoubleStream.of(strength), DoubleStream.of(below)).toArray();
    Batch start = Batch.lincomb(betas.alpha(strength), image, betas.sigma(strength), z);
    SdEdit sampler = new SdEdit(new Ddim(0), image, strength);
    assertThat(sampler.sample(walk, z).data())
        .isEqualTo(new Ddim(0).sample(walk.over(new TimeGrid(times), 0), start).data());
    assertThat(sampler.evaluations(grid)).hasValue(evaluations);
  }

  /** diffusers' convention, int(strength·S) of S steps, differs by up to a step. */
  @Test
  void whatIsMadeChangesSmoothlyWithTheStrength() {
    double before = new SdEdit(new Ddim(0), image, 0.3).sample(walk, z).data()[0];
    for (double strength = 0.301; strength < 0.6; strength += 0.001) {
      double made = new SdEdit(new Ddim(0), image, strength).sample(walk, z).data()[0];
      assertThat(made).as("strength " + strength).isCloseTo(before, within(0.01));
      before = made;
    }
  }

  @Test
  void keepsMoreOfThePictureTheEarlierItStarts() {
    double kept = 0;
    for (double strength : new double[] {1, 0.5, 0.2, 0.1, 0.01}) {
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
    SdEdit sampler = new SdEdit(new RePaint(new Ddim(1), 2, 3, Noise.keyed(1, 2)), image, 0.401);
    assertThat(sampler.evaluations(grid)).hasValue(2 * 2 * 3 + 1);
    assertThat(sampler.sample(walk, z).data()).doesNotContain(Double.NaN);
  }

  @Test
  void refusesAStrengthOutsideOfTheGrid() {
    assertThatThrownBy(() -> new SdEdit(new Ddim(0), image, 0))
        .hasMessage("illegal strength: 0.0, must be above 0 and at most 1");
    assertThatThrownBy(() -> new SdEdit(new Ddim(0), image, 0.0005).sample(walk, z))
        .hasMessage("illegal strength: 5.0E-4, must be at least 0.001, the least noise");
    TimeGrid early = grid.part(0, 9); // ends at 0.001
    assertThatThrownBy(() -> new SdEdit(new Ddim(0), image, 0.001).sample(walk.over(early, 0), z))
        .hasMessage("illegal strength: 0.001, must be above 0.001, where the steps end");
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
