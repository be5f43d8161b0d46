package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.Fixtures;
import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.sampler.Pndm.Start;
import io.jiffusion.sampler.UniPc.Variant;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** On the same grids our errors are not above those that the originals' show. */
class MultistepConvergenceTest {
  /** The originals' are recorded with four digits. */
  private static final double DIGITS = 1 + 6e-4;

  static Stream<JsonNode> rows(String resource) {
    return StreamSupport.stream(
        Fixtures.json("solvers/" + resource + ".json").get("rows").spliterator(), false);
  }

  static Stream<JsonNode> unipc() {
    return rows("unipc_convergence");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unipc")
  void unipcIsNotAboveTheAuthorsCode(JsonNode row) {
    String name = row.get("schedule").asString();
    String spacing = row.get("skip_type").asString();
    NoiseSchedule schedule = UniPcTest.schedule(name);
    double start = name.equals("continuous_cosine") ? 0.9946 : 1;
    Batch x = UniPcTest.start();
    double[] exact = UniPcTest.RECORDED.get("exact." + name).values();
    Variant variant = UniPcTest.VARIANTS.get(row.get("variant").asString());
    int order = row.get("order").asInt();
    Sampler sampler =
        new UniPc(
            order,
            variant,
            UniPcTest.FORMS.get(row.get("algorithm_type").asString()),
            true,
            LowerOrder.ALWAYS);
    // where the original is wrong, and its first order hides in the last, long interval, ours is
    // below from some number of steps on
    boolean corrected = variant == Variant.VARYING && order > 1;
    int sizes = row.get("steps").size();
    for (int i = corrected && spacing.equals("time_uniform") ? sizes - 1 : 0; i < sizes; i++) {
      int steps = row.get("steps").get(i).asInt();
      TimeGrid grid = UniPcTest.grid(schedule, start, 1e-3, steps, spacing, false);
      double recorded = row.get("max_abs_error").get(i).asDouble();
      double error = error(sampler, schedule, grid, x, exact);
      assertThat(error).as("%d steps", steps).isLessThan(recorded * DIGITS);
      if (!corrected) {
        assertThat(error).as("%d steps", steps).isGreaterThan(recorded / DIGITS);
      }
    }
  }

  static Stream<JsonNode> diffusers() {
    return rows("diffusers_convergence");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("diffusers")
  void pndmAndDeisHaveTheErrorsOfDiffusers(JsonNode row) {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    String solver = row.get("solver").asString();
    boolean deis = solver.startsWith("deis");
    Sampler sampler =
        deis
            ? new Deis(solver.charAt(4) - '1', Deis.Axis.LOG_RHO, LowerOrder.NEVER)
            : new Pndm(4, solver.equals("plms") ? Start.HEUN : Start.RUNGE_KUTTA, false);
    Batch x = start("solvers/diffusers_plane.safetensors");
    for (int i = 0; i < row.get("steps").size(); i++) {
      int steps = row.get("steps").get(i).asInt();
      TimeGrid grid = deis ? linspace(steps) : leading(steps);
      Schedules ends = new Schedules(solver + steps, betas, grid.time(0), grid.time(grid.steps()));
      double[] exact = Flow.between(MixtureDenoiser.of(betas, "plane"), ends, x).data();
      assertIsRecorded(row, i, error(sampler, betas, grid, x, exact));
    }
  }

  private static TimeGrid linspace(int steps) {
    return times(steps + 1, k -> Math.rint(999 - k * 999.0 / steps));
  }

  private static TimeGrid leading(int steps) {
    return times(steps, k -> (steps - 1 - k) * (1000 / steps));
  }

  private static TimeGrid times(int count, IntToDoubleFunction label) {
    return new TimeGrid(
        IntStream.range(0, count).mapToDouble(k -> (label.applyAsDouble(k) + 1) / 1000).toArray());
  }

  static Stream<JsonNode> lms() {
    return rows("k_diffusion_convergence")
        .filter(row -> row.get("sampler").asString().equals("lms"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lms")
  void lmsHasTheErrorsOfKDiffusion(JsonNode row) {
    NoiseSchedule schedule = MultistepOriginalsTest.exploding(20);
    Batch x = start("solvers/k_diffusion_plane.safetensors");
    double[] exact =
        Fixtures.tensors("solvers/k_diffusion_plane.safetensors")
            .get("exact_at_sigma_min")
            .values();
    Sampler sampler = new Lms(row.has("order") ? row.get("order").asInt() : 4, true);
    for (int i = 0; i < row.get("steps").size(); i++) {
      int steps = row.get("steps").get(i).asInt() - 1; // the record counts noise levels
      double most = Math.pow(20, 1 / 7.0);
      double least = Math.pow(0.01, 1 / 7.0);
      TimeGrid karras =
          new TimeGrid(
              IntStream.rangeClosed(0, steps)
                  .mapToDouble(
                      k -> k == 0 ? 1 : Math.pow(most + k * (least - most) / steps, 7) / 20)
                  .toArray());
      assertIsRecorded(row, i, error(sampler, schedule, karras, x, exact));
    }
  }

  private static void assertIsRecorded(JsonNode row, int i, double error) {
    double recorded = row.get("max_abs_error").get(i).asDouble();
    assertThat(error)
        .as("%d steps", row.get("steps").get(i).asInt())
        .isBetween(recorded / DIGITS, recorded * DIGITS);
  }

  private static Batch start(String resource) {
    return new Batch(4, 2, 1, 1, Fixtures.tensors(resource).get("x_init").values());
  }

  private static double error(
      Sampler sampler, NoiseSchedule schedule, TimeGrid grid, Batch x, double[] exact) {
    MixtureDenoiser model = MixtureDenoiser.of(schedule, "plane");
    return Flow.distance(
        sampler.sample(new Walk(model, schedule, grid, Noise.keyed()), x), x.with(exact));
  }
}
