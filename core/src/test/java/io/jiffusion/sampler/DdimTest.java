package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is DDIM's own, beside the contract of all samplers. */
class DdimTest {
  private static final double MEAN = 0.3;
  private static final double STD = 0.5;

  private static Denoiser gaussian(NoiseSchedule schedule) {
    return MixtureDenoiser.gaussian(schedule, MEAN, STD);
  }

  private static double[] sample(
      Sampler sampler, NoiseSchedule schedule, TimeGrid grid, long... seeds) {
    return sampler
        .sample(
            new Walk(gaussian(schedule), schedule, grid, Noise.keyed(seeds)),
            Noise.start(seeds, 1, 1, 1))
        .data();
  }

  @Test
  void drawsNoNoiseWhereEtaIsZero() {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    Noise none =
        (k, image, out, from, count) -> {
          throw new AssertionError("noise was drawn");
        };
    TimeGrid grid = TimeGrid.of(100, Respacing.uniform(100, 10));
    assertThat(
            new Ddim(0)
                .sample(
                    new Walk(gaussian(betas), betas, grid, none),
                    Noise.start(new long[] {1}, 1, 1, 1))
                .data())
        .hasSize(1);
  }

  @Test
  void startsWhereThereIsNoSignal() {
    DiscreteBetas jsd = DiscreteBetas.jsd(50);
    TimeGrid grid = TimeGrid.of(50, Respacing.parse("trailing", 50, 10));
    for (Sampler sampler :
        List.of(new Ddim(0), new Ddim(1), new Ddim(1, true, true), new Ancestral(Variance.SMALL))) {
      assertThat(sample(sampler, jsd, grid, 1, 2, 3)).doesNotContain(Double.NaN);
    }
  }

  @Test
  void takesTheNoiseFromClippedDataOrFromTheNetworkAsToldTo() {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    TimeGrid grid = new TimeGrid(new double[] {0.5, 0.4});
    double at = betas.alpha(0.5);
    double st = betas.sigma(0.5);
    double x = 3;
    double x0 = 1.7; // predicted by this network, outside of images
    Walk walk =
        new Walk(
            new Clip((xt, t) -> new Prediction(xt.with(new double[] {x0}))),
            betas,
            grid,
            Noise.keyed(1));
    Batch state = new Batch(1, 1, 1, 1, new double[] {x});
    assertThat(new Ddim(0, false, true).sample(walk, state).data()[0])
        .isCloseTo(betas.alpha(0.4) + betas.sigma(0.4) * (x - at) / st, within(1e-12));
    assertThat(new Ddim(0, false, false).sample(walk, state).data()[0])
        .isCloseTo(betas.alpha(0.4) + betas.sigma(0.4) * (x - at * x0) / st, within(1e-12));
  }

  @Test
  void allowsEtaUpToTheNoiseThatAStepMayAdd() {
    DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 1000));
    double largest = Ddim.largestEta(betas, grid);
    assertThat(largest).isGreaterThan(1);
    assertThat(sample(new Ddim(largest), betas, grid, 1)).doesNotContain(Double.NaN);
    assertThatThrownBy(() -> sample(new Ddim(largest * 1.01), betas, grid, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal eta: "
                + largest * 1.01
                + ", must be at most "
                + largest
                + " on these 1000 steps");
  }

  @Test
  void refusesSenselessChoices() {
    assertThatThrownBy(() -> new Ddim(-0.1))
        .hasMessage("illegal eta: -0.1, must be 0 or more; 0 is deterministic, 1 is DDPM's noise");
    assertThatThrownBy(() -> new Ddim(0.5, true, true))
        .hasMessage(
            "illegal sigma: Eta[eta=0.5] with sigma-hat, must be eta 1, whose mean sigma-hat keeps");
    DiscreteBetas betas = DiscreteBetas.cosine(10);
    Walk walk =
        new Walk(
            MixtureDenoiser.gaussian(betas, MEAN, STD),
            betas,
            new TimeGrid(new double[] {0.9, 0.5}),
            Noise.keyed(1));
    assertThatThrownBy(
            () ->
                new Ancestral(Variance.LEARNED).sample(walk, Noise.start(new long[] {1}, 1, 1, 1)))
        .hasMessage(
            "illegal variance: LEARNED for a model that has learned none, must be SMALL or LARGE");
  }

  @Test
  void takesACallersOwnNoiseAndRefusesTooMuchOfIt() {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    TimeGrid grid = TimeGrid.of(100, Respacing.uniform(100, 10));
    Ddim half = new Ddim((schedule, t, s) -> 0.5 * new Ddim.Eta(1).of(schedule, t, s), false, true);
    assertThat(sample(half, betas, grid, 1, 2)).isEqualTo(sample(new Ddim(0.5), betas, grid, 1, 2));
    Ddim loud = new Ddim((schedule, t, s) -> 2, false, true);
    assertThatThrownBy(() -> sample(loud, betas, grid, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal sigma: 2.0 in the step from t = 0.91 to 0.81, must be from 0 to "
                + betas.sigma(0.81)
                + ", the noise at its end");
  }

  @Test
  void refusesToAddNoiseWhereItEncodes() {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    TimeGrid grid = new TimeGrid(new double[] {0.1, 0.9});
    assertThatThrownBy(() -> sample(new Ddim(0.5), betas, grid, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "illegal grid: ascending from t = 0.1 to 0.9, must descend for Ddim")
        .hasMessageEndingWith("encode with a deterministic sampler such as ddim");
  }
}
