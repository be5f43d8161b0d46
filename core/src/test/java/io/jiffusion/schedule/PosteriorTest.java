package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PosteriorTest {

  @ParameterizedTest
  @CsvSource({"linear, 100", "linear, 1000", "linear, 4000", "cosine, 1000", "cosine, 4000"})
  void equalsImprovedDiffusionsTables(String name, int steps) {
    Map<String, Array> table =
        Fixtures.tensors("schedules/openai_" + name + "_" + steps + ".safetensors");
    DiscreteBetas betas =
        name.equals("cosine") ? DiscreteBetas.cosine(steps) : DiscreteBetas.rescaledLinear(steps);
    for (int i = 0; i < steps; i++) {
      Posterior posterior = Posterior.of(betas, betas.time(i), i == 0 ? 0 : betas.time(i - 1));
      assertThat(posterior.x0())
          .isCloseTo(table.get("posterior_mean_coef1").values()[i], tolerance(posterior.x0()));
      assertThat(posterior.xt())
          .isCloseTo(table.get("posterior_mean_coef2").values()[i], tolerance(posterior.xt()));
      assertThat(posterior.variance())
          .isCloseTo(table.get("posterior_variance").values()[i], tolerance(posterior.variance()));
      assertThat(posterior.forward()).isCloseTo(betas.beta(i), tolerance(betas.beta(i)));
      if (i > 0) {
        assertThat(Math.log(posterior.variance()))
            .isCloseTo(table.get("posterior_log_variance_clipped").values()[i], within(1e-8));
      }
    }
  }

  private static Offset<Double> tolerance(double expected) {
    return within(Math.max(1e-12, 1e-9 * expected));
  }

  /**
   * Drawing x_t, and then x_s given it, is drawing x_s: for the mean and the variance of x_s given
   * x0.
   */
  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void bringsBackTheEarlierMarginalOnEverySchedule(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    TimeGrid grid = schedules.grid(13);
    for (int k = 0; k < grid.steps(); k++) {
      double t = grid.time(k);
      double s = grid.time(k + 1);
      Posterior posterior = Posterior.of(schedule, t, s);
      assertThat(posterior.x0() + posterior.xt() * schedule.alpha(t))
          .isCloseTo(schedule.alpha(s), within(1e-12));
      double sigma = schedule.sigma(s);
      double noise = posterior.xt() * schedule.sigma(t);
      assertThat(posterior.variance() + noise * noise)
          .isCloseTo(sigma * sigma, within(1e-12 * Math.max(1, sigma * sigma)));
    }
  }

  /** VE schedules keep some noise at time 0, but a grid that ends there asks for none. */
  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void takesTimeZeroAsNoNoiseWhateverTheScheduleSays(Schedules schedules) {
    double sigma = schedules.schedule().sigma(schedules.end());
    assertThat(Posterior.of(schedules.schedule(), schedules.end(), 0))
        .isEqualTo(new Posterior(1, 0, 0, sigma * sigma));
  }

  @Test
  void isTheDataItselfAtTheEndAndWhereTheLaterStateSaysNothing() {
    DiscreteBetas jsd = DiscreteBetas.jsd(4);
    assertThat(Posterior.of(jsd, 0.25, 0))
        .isEqualTo(new Posterior(1, 0, 0, jsd.sigma(0.25) * jsd.sigma(0.25)));
    Posterior first = Posterior.of(jsd, 1, 0.75); // alpha is 0 at 1
    assertThat(first.xt()).isEqualTo(0);
    assertThat(first.x0()).isEqualTo(jsd.alpha(0.75));
    assertThat(first.variance()).isCloseTo(0.75, within(1e-15));
    assertThat(first.forward()).isEqualTo(1);
  }
}
