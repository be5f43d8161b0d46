package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.ReverseVariance;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ancestral sampling with the variance that fits the data (Analytic-DPM). */
class AnalyticTest {
  private static final double STD = 0.5;
  private static final DiscreteBetas BETAS = DiscreteBetas.rescaledLinear(1000);

  /** The exact table of Gaussian data. */
  private static OptimalVariance exact() {
    double[] noise = new double[BETAS.steps()];
    Arrays.setAll(
        noise,
        i -> {
          double sigma = BETAS.sigma(BETAS.time(i));
          return sigma * sigma / variance(BETAS.time(i));
        });
    return new OptimalVariance(noise);
  }

  private static double variance(double t) {
    double signal = BETAS.alpha(t) * STD;
    return signal * signal + BETAS.sigma(t) * BETAS.sigma(t);
  }

  /** The variance of a chain on Gaussian data, by recursion: its step is affine in the state. */
  private static double end(ReverseVariance added, TimeGrid grid) {
    MixtureDenoiser model = MixtureDenoiser.gaussian(BETAS, 0, STD);
    double variance = variance(grid.time(0));
    for (int k = 0; k < grid.steps(); k++) {
      Posterior posterior = Posterior.of(BETAS, grid.time(k), grid.time(k + 1));
      Batch unit = new Batch(1, 1, 1, 1, new double[] {1});
      double factor = posterior.x0() * model.at(unit, grid.time(k)).x0().data()[0] + posterior.xt();
      variance =
          factor * factor * variance
              + added.step(BETAS, grid.time(k), grid.time(k + 1)).applyAsDouble(0);
    }
    return variance;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 10, 50})
  void hasTheDatasVarianceAtAnyNumberOfSteps(int steps) {
    double[] times = new double[steps + 1];
    Arrays.setAll(times, k -> (1000 - k * (990 / steps)) / 1000.0);
    TimeGrid grid = new TimeGrid(times);
    double data = variance(times[steps]);
    double optimal = Math.abs(end(exact(), grid) - data);
    assertThat(optimal).isLessThan(1e-9);
    assertThat(Math.abs(end(Variance.SMALL, grid) - data)).isGreaterThan(1e-4);
    assertThat(Math.abs(end(Variance.LARGE, grid) - data)).isGreaterThan(1e-4);
  }

  @Test
  void samplesWithThatVariance() {
    int images = 4000;
    long[] seeds = java.util.stream.LongStream.range(0, images).toArray();
    TimeGrid grid = new TimeGrid(new double[] {1, 0.5, 0.1});
    Walk walk = new Walk(MixtureDenoiser.gaussian(BETAS, 0, STD), BETAS, grid, Noise.keyed(seeds));
    Batch start = Noise.start(seeds, 1, 1, 1).times(Math.sqrt(variance(1)));
    double[] made = new Ancestral(exact()).sample(walk, start).data();
    double seen = Arrays.stream(made).map(x -> x * x).average().orElseThrow();
    assertThat(seen).isCloseTo(variance(0.1), within(4 * variance(0.1) * Math.sqrt(2.0 / images)));
  }

  @Test
  void measuresItsTableWhateverTheBatches() {
    DiscreteBetas betas = DiscreteBetas.rescaledLinear(20);
    MixtureDenoiser model = MixtureDenoiser.gaussian(betas, 0, STD);
    int images = 3000;
    double[] x0 = new double[images];
    new io.jiffusion.random.Key(1, 0, io.jiffusion.random.Purpose.TOY).normals(x0, 0, images);
    Batch data = new Batch(images, 1, 1, 1, x0).times(STD);
    double[] atOnce = measured(betas, model, data, images);
    double[] inParts = measured(betas, model, data, 700);
    for (int i = 0; i < 20; i++) {
      double sigma2 = betas.sigma(betas.time(i)) * betas.sigma(betas.time(i));
      double exact = sigma2 / (betas.alphaBar(i) * STD * STD + sigma2);
      assertThat(inParts[i]).isCloseTo(atOnce[i], within(1e-12));
      assertThat(atOnce[i]).isCloseTo(exact, within(4 * exact * Math.sqrt(2.0 / images)));
    }
  }

  private static double[] measured(NoiseSchedule schedule, Denoiser model, Batch data, int batch) {
    OptimalVariance.Measurement measurement = new OptimalVariance.Measurement(schedule, 20, 5);
    for (int from = 0; from < data.images(); from += batch) {
      measurement.add(model, data.slice(from, Math.min(batch, data.images() - from)));
    }
    return measurement.result().noise();
  }

  @Test
  void staysBetweenTheVariancesOfKnownDataAndOfStandardNormalOnes() {
    Schedules.all()
        .map(Schedules::schedule)
        .forEach(
            schedule -> {
              double known = new OptimalVariance(new double[] {1.3}).of(schedule, 0.6, 0.5);
              Posterior posterior = Posterior.of(schedule, 0.6, 0.5);
              assertThat(known).isEqualTo(posterior.variance());
            });
    double normal = new OptimalVariance(noiseOf(BETAS)).of(BETAS, 0.6, 0.5);
    assertThat(normal).isCloseTo(Posterior.of(BETAS, 0.6, 0.5).forward(), within(1e-12));
  }

  /** The table of standard normal data: sigma squared. */
  private static double[] noiseOf(DiscreteBetas betas) {
    double[] noise = new double[betas.steps()];
    Arrays.setAll(noise, i -> 1 - betas.alphaBar(i));
    return noise;
  }

  @Test
  void isInTheListForModelsThatWereMeasured() {
    double[] noise = {0.2, 0.9};
    Samplers.Context model =
        new Samplers.Context(Variance.SMALL, true, () -> new OptimalVariance(noise));
    assertThat(Samplers.parse("analytic-ddpm", model))
        .isEqualTo(new Ancestral(new OptimalVariance(noise)));
    assertThatThrownBy(() -> Samplers.parse("analytic-ddpm"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("illegal sampler: analytic-ddpm, must be one whose variance ");
  }

  @Test
  void wrongTablesAreToldByRule() {
    assertThatThrownBy(() -> new OptimalVariance(new double[0]))
        .hasMessage("illegal noise: no values, must be 1 or more");
    assertThatThrownBy(() -> new OptimalVariance(new double[] {0.5, Double.NaN}))
        .hasMessage("illegal noise 1: NaN, must be a mean square, 0 or more");
    assertThatThrownBy(() -> new OptimalVariance.Measurement(BETAS, 2, 1).result())
        .hasMessage("no image was measured: add some before the result");
  }
}
