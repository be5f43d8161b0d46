package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.Spacings;
import io.jiffusion.schedule.TimeGrid;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The orders that the list states of samplers whose own times are whole steps of a table: at these
 * times, on the tables that people have. The limit of small steps is not reached there, because no
 * step is smaller than the table's; so the order is the slope over all numbers of steps that are
 * used.
 */
class OwnTimesTest {
  private static final int[] STEPS = {8, 16, 32, 64, 128, 256, 512};
  private static final double SHORT_OF_ITS_ORDER = 0.15;

  private static final Map<String, DiscreteBetas> TABLES =
      Map.of(
          "DDPM's", DiscreteBetas.linear(1000, 1e-4, 0.02),
          "the cosine's", DiscreteBetas.cosine(1000),
          "Stable Diffusion's", DiscreteBetas.quadratic(1000, 0.00085, 0.012));

  static Stream<Arguments> samplersOnTables() {
    return Samplers.methods().stream()
        .filter(method -> Respacing.knows(method.spacing()) && !method.stochastic())
        .flatMap(
            method -> TABLES.keySet().stream().map(table -> Arguments.of(method.name(), table)));
  }

  @ParameterizedTest(name = "{0} on {1} table")
  @MethodSource("samplersOnTables")
  void hasTheOrderThatTheListStatesAtItsOwnTimes(String name, String table) {
    Samplers.Method method = Samplers.method(name);
    DiscreteBetas betas = TABLES.get(table);
    MixtureDenoiser model = MixtureDenoiser.of(betas, "plane");
    Batch start = Noise.start(new long[] {1, 2, 3, 4}, 2, 1, 1);
    double[] errors = new double[STEPS.length];
    for (int i = 0; i < STEPS.length; i++) {
      TimeGrid grid =
          Spacings.parse(method.spacing(), betas, STEPS[i] + 1).part(0, STEPS[i]); // to index 0
      Schedules ends =
          new Schedules(table + grid.time(0), betas, grid.time(0), grid.time(STEPS[i]));
      Walk walk = new Walk(model, betas, grid, Noise.keyed());
      Batch made = Samplers.parse(name).sample(walk, start);
      errors[i] = Flow.distance(made, Flow.between(model, ends, start));
    }
    assertThat(slope(errors))
        .as("%s", errors)
        .isGreaterThan(SamplerTable.order(method) - SHORT_OF_ITS_ORDER);
  }

  /** Of the logarithms, by least squares: each error is at twice the steps of the one before. */
  private static double slope(double[] errors) {
    double middle = (errors.length - 1) / 2.0;
    double above = 0;
    double below = 0;
    for (int i = 0; i < errors.length; i++) {
      above -= (i - middle) * Math.log(errors[i]) / Math.log(2);
      below += (i - middle) * (i - middle);
    }
    return above / below;
  }
}
