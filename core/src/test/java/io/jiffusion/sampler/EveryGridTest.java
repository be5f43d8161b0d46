package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Orders are claimed for the grids that a method is made for; on the others it still converges. */
class EveryGridTest {
  private static final double ROUNDING = 1e-8;

  private static final Map<String, Spacing> SPACINGS =
      Map.of(
          "time", Spacing.TIME,
          "time-quadratic", Spacing.TIME_QUADRATIC,
          "logsnr", Spacing.LOG_SNR,
          "karras", Spacing.karras(7),
          "polyexponential", Spacing.polyexponential(1.5));

  /**
   * One of each kind. Not EDM's, where even times are even noise levels: the last step spans most
   * of the way in log-SNR, however many there are.
   */
  static Stream<Schedules> schedules() {
    Set<String> kinds = Set.of("linear betas", "sub-VP", "VE", "rectified flow");
    return Schedules.all().filter(schedules -> kinds.contains(schedules.name()));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void fourTimesTheStepsBringEverySamplerNearerToTheFlow(Schedules schedules) {
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    Batch start = Flow.start(schedules);
    Batch exact = Flow.between(model, schedules, start);
    SoftAssertions softly = new SoftAssertions();
    SPACINGS.forEach(
        (name, spacing) ->
            SamplerTable.deterministic()
                .forEach(
                    row -> {
                      double[] errors = new double[2];
                      for (int i = 0; i < 2; i++) {
                        TimeGrid grid =
                            spacing.grid(
                                schedules.schedule(),
                                i == 0 ? 40 : 160,
                                schedules.start(),
                                schedules.end());
                        Walk walk = new Walk(model, schedules.schedule(), grid, Noise.keyed());
                        errors[i] = Flow.distance(row.sampler().sample(walk, start), exact);
                      }
                      softly
                          .assertThat(errors[1])
                          .as("%s on %s, after %s", row, name, errors[0])
                          .isLessThan(Math.max(errors[0], ROUNDING));
                    }));
    softly.assertAll();
  }
}
