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
import io.jiffusion.process.Threshold;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Dynamic thresholding under a solver, as dpm-solver's own program has recorded it. */
class ThresholdOriginalsTest {

  @Test
  void walksWithThresholdedDataAsDpmSolversOwnProgramDoes() {
    Map<String, Array> recorded = Fixtures.tensors("solvers/dynamic_thresholding.safetensors");
    int[] shape = recorded.get("x_T").shape();
    Batch start = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x_T").values());
    for (JsonNode entry : Fixtures.json("solvers/dynamic_thresholding.json").get("cases")) {
      String key = entry.get("key").asString();
      NoiseSchedule schedule = DpmSolverCases.schedule(entry.get("schedule").asString());
      Denoiser model = MixtureDenoiser.of(schedule, "image");
      double strength = entry.get("eps_multiplier").asDouble();
      Denoiser strong = // its noise is multiplied, and so leaves the range of the data
          (xt, t) ->
              new Prediction(
                  Batch.lincomb(
                      (1 - strength) / schedule.alpha(t), xt, strength, model.at(xt, t).x0()));
      Denoiser thresholded =
          new Threshold(strong, entry.get("ratio").asDouble(), entry.get("max_val").asDouble());
      Sampler sampler = DpmSolverCases.sampler(entry);
      List<double[]> states = new ArrayList<>();
      Walk walk =
          new Walk(
                  thresholded,
                  schedule,
                  DpmSolverCases.grid(schedule, sampler, entry),
                  Noise.keyed())
              .watch((k, t, x) -> states.add(x.data()));
      assertThat(sampler.sample(walk, start).data())
          .as(key)
          .containsExactly(recorded.get(key + ".final").values(), within(1e-9));
      Array trajectory = recorded.get(key + ".trajectory"); // its first row is x_T
      assertThat(states).hasSize(trajectory.shape()[0] - 1);
      for (int k = 0; k < states.size(); k++) {
        assertThat(states.get(k))
            .as("%s after step %d", key, k)
            .containsExactly(trajectory.row(k + 1), within(1e-9));
      }
    }
  }
}
