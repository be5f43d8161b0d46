package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.ProbabilityFlow;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Pictures that EDM's own samplers have recorded, with their noise. */
class EdmTest {

  static Stream<Arguments> edm() {
    return cases("edm_sampler");
  }

  static Stream<Arguments> ablations() {
    return cases("ablation_sampler");
  }

  private static Stream<Arguments> cases(String sampler) {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                StreamSupport.stream(
                        Fixtures.json("solvers/edm_" + mixture + ".json")
                            .get("cases")
                            .spliterator(),
                        false)
                    .filter(entry -> entry.get("sampler").asString().equals(sampler))
                    .map(entry -> Arguments.of(mixture, entry.get("key").asString(), entry)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("edm")
  void makesThePicturesOfEdmsSampler(String mixture, String key, JsonNode entry) {
    double most = number(entry, "sigma_max", 80);
    // a schedule with room above the grid, into which churn raises the first level
    NoiseSchedule schedule = new Edm(0.002, 2 * most);
    TimeGrid grid =
        Spacing.karras(number(entry, "rho", 7))
            .gridToData(
                schedule,
                entry.get("num_steps").asInt(),
                0.5,
                0.5 * number(entry, "sigma_min", 0.002) / most);
    Run run = new Run(mixture, key, entry, schedule, grid);
    assertThat(run.of(new Heun(churn(entry))).data())
        .containsExactly(run.recorded.get(key + ".final").values(), within(1e-9));
  }

  /**
   * The original adds noise even without churn: of the square root of what rounding leaves between
   * two squared noise levels of the VP schedule, up to 1e-6 of noise in cases of 10 steps.
   */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ablations")
  void makesThePicturesOfEdmsAblations(String mixture, String key, JsonNode entry) {
    int steps = entry.get("num_steps").asInt();
    NoiseSchedule schedule = schedule(entry);
    TimeGrid grid = grid(entry, schedule).gridToData(schedule, steps, 1, leastTime(entry));
    Run run = new Run(mixture, key, entry, schedule, grid);
    boolean heun = entry.get("solver").asString().equals("heun");
    double alpha = number(entry, "alpha", 1);
    Batch data = run.of(new TimeRungeKutta(heun ? 2 : 1, alpha, churn(entry)));

    // the original steps on to time 0, where this program takes the predicted data
    double last = grid.time(steps - 1);
    Walk held = new Walk((xt, t) -> new Prediction(data), schedule, grid, Noise.keyed());
    Batch before = run.states.get(run.states.size() - 1);
    Batch end =
        Batch.lincomb(
            1,
            before,
            -last,
            ProbabilityFlow.slope(held.denoiser(), held.schedule(), last, before));
    double tolerance = entry.get("schedule").asString().equals("vp") ? 1e-7 : 1e-9;
    assertThat(end.data())
        .containsExactly(run.recorded.get(key + ".final").values(), within(tolerance));

    if (alpha == 1 && entry.get("schedule").asString().equals("linear")) {
      assertThat(run.of(heun ? new Heun(churn(entry)) : new Euler(churn(entry))).data())
          .as("in x/alpha and sigma/alpha, which are x and t here")
          .containsExactly(data.data(), within(1e-9));
    }
  }

  private static NoiseSchedule schedule(JsonNode entry) {
    return switch (entry.get("schedule").asString()) {
      case "vp" -> new VariancePreserving(0.1, 20);
      case "ve" -> new SquareRoot(100);
      default -> new Edm(0.002, entry.get("discretization").asString().equals("iddpm") ? 81 : 80);
    };
  }

  private static Spacing grid(JsonNode entry, NoiseSchedule schedule) {
    return switch (entry.get("discretization").asString()) {
      case "vp" -> Spacing.TIME;
      case "ve" -> Spacing.LOG_SNR;
      case "iddpm" -> Spacing.edmIddpm();
      default -> Spacing.karras(7);
    };
  }

  private static double leastTime(JsonNode entry) {
    return switch (entry.get("discretization").asString()) {
      case "vp" -> 1e-3;
      case "ve" -> 0.02 * 0.02 / (100 * 100);
      case "iddpm" -> 0.002 / 81;
      default -> 0.002 / 80;
    };
  }

  /** The variance-exploding process of EDM's ablations: the variance is the time. */
  private record SquareRoot(double largest) implements NoiseSchedule {
    @Override
    public double alpha(double t) {
      return 1;
    }

    @Override
    public double sigma(double t) {
      return largest * Math.sqrt(t);
    }

    @Override
    public double f(double t) {
      return 0;
    }

    @Override
    public double g2(double t) {
      return largest * largest;
    }
  }

  /** A recorded case, to be run again. */
  private static final class Run {
    private final Map<String, Array> recorded;
    private final List<Double> levels = new ArrayList<>();
    private final List<Batch> states = new ArrayList<>(); // one for each evaluation
    private final JsonNode entry;
    private final Walk walk;
    private final Batch start;

    Run(String mixture, String key, JsonNode entry, NoiseSchedule schedule, TimeGrid grid) {
      this.recorded = Fixtures.tensors("solvers/edm_" + mixture + ".safetensors");
      this.entry = entry;
      Array latents = recorded.get("latents");
      int[] shape = latents.shape();
      int size = latents.values().length / shape[0];
      start =
          new Batch(shape[0], shape[1], shape[2], shape[3], latents.values())
              .times(schedule.sigma(grid.time(0)));
      MixtureDenoiser model = MixtureDenoiser.of(schedule, mixture);
      Denoiser recording =
          (xt, t) -> {
            levels.add(schedule.noiseLevel(t));
            states.add(xt);
            return model.at(xt, t);
          };
      Noise noise =
          (k, image, out, from, count) ->
              System.arraycopy(recorded.get("noise").row(k), image * size, out, from, count);
      walk = new Walk(recording, schedule, grid, noise);
    }

    Batch of(Sampler sampler) {
      levels.clear();
      states.clear();
      Batch end = sampler.sample(walk, start);
      assertThat(levels)
          .hasSize(entry.get("evaluations").asInt())
          .hasSize(sampler.evaluations(walk.grid()).orElseThrow());
      for (int i = 0; i < levels.size(); i++) {
        double level = entry.get("sigmas_evaluated").get(i).asDouble();
        assertThat(levels.get(i)).isCloseTo(level, within(1e-12 * level));
      }
      return end;
    }
  }

  private static Churn churn(JsonNode entry) {
    return new Churn(
        number(entry, "S_churn", 0),
        number(entry, "S_min", 0),
        number(entry, "S_max", Double.POSITIVE_INFINITY),
        number(entry, "S_noise", 1));
  }

  private static double number(JsonNode entry, String name, double otherwise) {
    return entry.hasNonNull(name) ? entry.get(name).asDouble() : otherwise;
  }
}
