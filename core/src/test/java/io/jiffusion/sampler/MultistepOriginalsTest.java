package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.sampler.Pndm.Start;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Trajectories of diffusers' PNDM and DEIS, and of k-diffusion's LMS. */
class MultistepOriginalsTest {
  private static final double TOLERANCE = 1e-9;

  static Stream<Arguments> diffusers() {
    return cases("solvers/diffusers_", "solver");
  }

  @ParameterizedTest(name = "{1} on {0}: {2}")
  @MethodSource("diffusers")
  void walksAsDiffusersDoes(String mixture, String solver, JsonNode entry) {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    List<Integer> labels = new ArrayList<>();
    entry.get("labels").forEach(label -> labels.add(label.asInt()));
    int steps = entry.get("steps").asInt();
    Recorded recorded = new Recorded("solvers/diffusers_" + mixture, entry.get("key").asString());

    if (solver.equals("deis")) {
      labels.add(0); // it ends at the least noisy state of the training
      Sampler sampler =
          new Deis(
              entry.get("solver_order").asInt() - 1,
              Deis.Axis.LOG_RHO,
              entry.get("lower_order_final").asBoolean() && steps < 15
                  ? LowerOrder.ALWAYS
                  : LowerOrder.NEVER);
      recorded.compare(sampler, betas, grid(labels, false), mixture, steps, k -> k);
      return;
    }
    Start start = solver.equals("plms") ? Start.HEUN : Start.RUNGE_KUTTA;
    boolean toNoNoise = entry.get("set_alpha_to_one").asBoolean();
    List<Integer> nodes =
        labels.stream()
            .filter(label -> (labels.get(0) - label) % (1000 / steps) == 0)
            .distinct()
            .toList();
    // without a final alpha of 1 the original's last call changes nothing: its end is our last node
    int unused = toNoNoise ? 0 : 1;
    recorded.compare(
        new Pndm(4, start, false),
        betas,
        grid(nodes, toNoNoise),
        mixture,
        entry.get("evaluations").asInt() - unused,
        start == Start.HEUN ? k -> k + 1 : k -> k < 3 ? 4 * k + 3 : k + 9);
  }

  private static TimeGrid grid(List<Integer> labels, boolean toNoNoise) {
    double[] times = new double[labels.size() + (toNoNoise ? 1 : 0)];
    for (int i = 0; i < labels.size(); i++) {
      times[i] = (labels.get(i) + 1) / 1000.0;
    }
    return new TimeGrid(times);
  }

  static Stream<Arguments> kDiffusion() {
    return cases("solvers/k_diffusion_", "sampler")
        .filter(arguments -> arguments.get()[1].equals("lms"));
  }

  @ParameterizedTest(name = "{1} on {0}: {2}")
  @MethodSource("kDiffusion")
  void walksAsKDiffusionDoes(String mixture, String solver, JsonNode entry) {
    Recorded recorded = new Recorded("solvers/k_diffusion_" + mixture, entry.get("key").asString());
    double[] levels = recorded.tensors.get("sigmas." + entry.get("sigmas").asString()).values();
    NoiseSchedule schedule = exploding(levels[0]);
    double[] times = Arrays.stream(levels).map(level -> level / levels[0]).toArray();
    recorded.compare(
        new Lms(entry.get("order").asInt(), false),
        schedule,
        new TimeGrid(times),
        mixture,
        entry.get("evaluations").asInt(),
        k -> k + 1);
  }

  static NoiseSchedule exploding(double most) {
    return new NoiseSchedule() {
      @Override
      public double alpha(double t) {
        return 1;
      }

      @Override
      public double sigma(double t) {
        return most * t;
      }
    };
  }

  private static Stream<Arguments> cases(String resource, String name) {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                StreamSupport.stream(
                        Fixtures.json(resource + mixture + ".json").get("cases").spliterator(),
                        false)
                    .map(entry -> Arguments.of(mixture, entry.get(name).asString(), entry)));
  }

  /** What an original has recorded of one run. */
  private static final class Recorded {
    private final Map<String, Array> tensors;
    private final String key;

    private Recorded(String resource, String key) {
      this.tensors = Fixtures.tensors(resource + ".safetensors");
      this.key = key;
    }

    /**
     * Compares end, evaluations and, where they are recorded, all states.
     *
     * @param row of the record for the state after step k
     */
    private void compare(
        Sampler sampler,
        NoiseSchedule schedule,
        TimeGrid grid,
        String mixture,
        int evaluations,
        IntUnaryOperator row) {
      MixtureDenoiser model = MixtureDenoiser.of(schedule, mixture);
      int[] counted = {0};
      List<double[]> states = new ArrayList<>();
      Walk walk =
          new Walk(
                  (xt, t) -> {
                    counted[0]++;
                    return model.at(xt, t);
                  },
                  schedule,
                  grid,
                  Noise.keyed())
              .watch((k, t, x) -> states.add(x.data()));
      Array start = tensors.get("x_init");
      Batch x =
          new Batch(
              start.shape()[0],
              start.shape()[1],
              start.shape()[2],
              start.shape()[3],
              start.values());
      double[] end = sampler.sample(walk, x).data();
      assertThat(end).containsExactly(tensors.get(key + ".final").values(), within(TOLERANCE));
      Array trajectory = tensors.get(key + ".x"); // of the plane only
      for (int k = 0; trajectory != null && k < states.size(); k++) {
        if (row.applyAsInt(k) == trajectory.shape()[0]) {
          break; // the end is not in this list
        }
        assertThat(states.get(k))
            .as("state after step %d", k)
            .containsExactly(trajectory.row(row.applyAsInt(k)), within(TOLERANCE));
      }
      assertThat(counted[0])
          .isEqualTo(evaluations)
          .isEqualTo(sampler.evaluations(grid).orElseThrow());
    }
  }
}
