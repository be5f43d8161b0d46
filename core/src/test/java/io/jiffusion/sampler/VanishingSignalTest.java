package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Spacings;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A schedule of a user's own, whose alpha ends at 6e-17: at no signal, but not at 0. */
class VanishingSignalTest {
  private static final NoiseSchedule COSINE =
      new NoiseSchedule() {
        @Override
        public double alpha(double t) {
          return Math.cos(Math.PI / 2 * t);
        }

        @Override
        public double sigma(double t) {
          return Math.sin(Math.PI / 2 * t);
        }
      };
  private static final long[] SEEDS = {1, 2, 3};

  /** The best guess for data of this mean and variance. */
  private static Prediction exact(Batch xt, double t) {
    double mean = 0.3;
    double variance = 0.25;
    double alpha = COSINE.alpha(t);
    double sigma = COSINE.sigma(t);
    double gain = alpha * variance / (alpha * alpha * variance + sigma * sigma);
    double[] x0 = Arrays.stream(xt.data()).map(x -> mean + gain * (x - alpha * mean)).toArray();
    return new Prediction(xt.with(x0));
  }

  /** All that need no model but the exact one. */
  static Stream<String> samplers() {
    return Samplers.methods().stream()
        .map(Samplers.Method::name)
        .filter(name -> !name.startsWith("analytic"));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void aSamplerStartsThereOrSaysThatItCannot(String name) {
    Sampler sampler = Samplers.parse(name);
    for (String spacing : List.of("time", "logsnr")) {
      TimeGrid grid = Spacings.parse(spacing, COSINE, 12);
      assertThat(grid.time(0)).isEqualTo(1);
      Walk walk = new Walk(VanishingSignalTest::exact, COSINE, grid, Noise.keyed(SEEDS));
      Batch noise = Noise.start(SEEDS, 1, 2, 2);
      Batch[] made = new Batch[1];
      Throwable refused = catchThrowable(() -> made[0] = sampler.sample(walk, noise));
      if (refused == null) {
        double largest = Arrays.stream(made[0].data()).map(Math::abs).max().orElseThrow();
        assertThat(largest).as(spacing).isLessThan(10);
      } else {
        assertThat(refused)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("illegal time", "1.0", "6.1", "E-17", "signal");
      }
    }
  }
}
