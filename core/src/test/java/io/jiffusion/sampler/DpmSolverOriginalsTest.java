package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Every case that dpm-solver's own program has recorded: final states, trajectories, calls. */
class DpmSolverOriginalsTest {

  @ParameterizedTest
  @ValueSource(strings = {"plane", "image"})
  void walksAsDpmSolversOwnProgramDoes(String mixture) {
    Map<String, Array> recorded =
        Fixtures.tensors("solvers/dpm_solver_" + mixture + ".safetensors");
    int cases = 0;
    for (JsonNode entry : Fixtures.json("solvers/dpm_solver_" + mixture + ".json").get("cases")) {
      compare(mixture, entry, recorded);
      cases++;
    }
    assertThat(cases).isEqualTo(recorded.get("final").shape()[0]);
  }

  private static void compare(String mixture, JsonNode entry, Map<String, Array> recorded) {
    NoiseSchedule schedule = DpmSolverCases.schedule(entry.get("schedule").asString());
    List<Double> times = new ArrayList<>();
    Denoiser model = MixtureDenoiser.of(schedule, mixture);
    Denoiser counted =
        (xt, t) -> {
          times.add(t);
          return model.at(xt, t);
        };
    Sampler sampler = DpmSolverCases.sampler(entry);
    TimeGrid grid = DpmSolverCases.grid(schedule, sampler, entry);
    int[] shape = recorded.get("x_T").shape();
    Batch start = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x_T").values());
    List<double[]> states = new ArrayList<>();
    double[] reached =
        sampler
            .sample(
                new Walk(counted, schedule, grid, Noise.keyed())
                    .watch((k, t, x) -> states.add(x.data())),
                start)
            .data();
    double tolerance = DpmSolverCases.tolerance(entry);
    assertThat(reached)
        .as(entry.toString())
        .containsExactly(recorded.get("final").row(entry.get("index").asInt()), within(tolerance));
    assertThat(times).as(entry.toString()).hasSize(entry.get("evaluations").asInt());
    sampler.evaluations(grid).ifPresent(promised -> assertThat(times).hasSize(promised));
    if (entry.has("evaluation_times")) {
      assertThat(times.stream().mapToDouble(t -> t).toArray())
          .containsExactly(DpmSolverCases.doubles(entry.get("evaluation_times")), within(1e-6));
    }
    if (entry.has("trajectory")) {
      Array trajectory = recorded.get(entry.get("trajectory").asString());
      int first = trajectory.shape()[0] - states.size(); // 1 where it begins with x_T
      for (int k = 0; k < states.size(); k++) {
        assertThat(states.get(k))
            .as("state after step %d of %s", k, entry)
            .containsExactly(trajectory.row(first + k), within(tolerance));
      }
    }
  }

  @Test
  void isNoFurtherFromTheFlowThanTheOriginal() {
    Map<String, Array> recorded = Fixtures.tensors("solvers/dpm_solver_plane.safetensors");
    Batch start = new Batch(4, 2, 1, 1, recorded.get("x_T").values());
    for (JsonNode row : Fixtures.json("solvers/dpm_solver_convergence.json").get("rows")) {
      String name = row.get("schedule").asString();
      NoiseSchedule schedule = DpmSolverCases.schedule(name);
      Denoiser model = MixtureDenoiser.of(schedule, "plane");
      Batch exact = start.with(recorded.get("exact." + name).values());
      Sampler sampler = DpmSolverCases.sampler(row);
      for (int i = 0; i < row.get("steps").size(); i++) {
        TimeGrid grid =
            DpmSolverCases.grid(
                schedule,
                sampler,
                row.get("skip_type").asString(),
                row.get("steps").get(i).asInt(),
                schedule.range().min(),
                false);
        Batch reached = sampler.sample(new Walk(model, schedule, grid, Noise.NONE), start);
        assertThat(Flow.distance(reached, exact))
            .as("%d steps of %s", row.get("steps").get(i).asInt(), row)
            .isLessThan(1.001 * row.get("max_abs_error").get(i).asDouble());
      }
    }
  }
}
