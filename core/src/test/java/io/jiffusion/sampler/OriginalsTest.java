package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.TimeLabel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Trajectories that the authors' own programs have recorded, step by step, with their noise. */
class OriginalsTest {

  static Stream<Arguments> openai() {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                cases("ancestral/openai_loops_" + mixture)
                    .filter(entry -> !entry.get("sampler").asString().equals("ddim_reverse"))
                    .map(entry -> Arguments.of(mixture, entry.get("key").asString(), entry)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("openai")
  void walksAsImprovedDiffusionDoes(String mixture, String key, JsonNode entry) {
    int trained = entry.get("T").asInt();
    boolean cosine = entry.get("schedule").asString().equals("cosine");
    DiscreteBetas betas =
        cosine ? DiscreteBetas.cosine(trained) : DiscreteBetas.rescaledLinear(trained);
    TimeGrid grid = TimeGrid.of(trained, Respacing.parse(entry.get("spec").asString(), trained));
    int[] labels =
        IntStream.range(0, grid.steps())
            .map(k -> (int) TimeLabel.index(trained).at(grid.time(k)))
            .toArray();
    assertThat(labels).isEqualTo(ints(entry.get("labels")));

    Variance variance = Variance.valueOf(entry.get("var_type").asString().replace("FIXED_", ""));
    Sampler sampler =
        entry.get("sampler").asString().equals("p_sample")
            ? new Ancestral(variance)
            : new Ddim(entry.get("eta").asDouble());
    Denoiser model = MixtureDenoiser.of(betas, mixture);
    Denoiser denoiser =
        (xt, t) ->
            new Prediction(
                model.at(xt, t).x0(),
                xt.with(Arrays.stream(xt.data()).map(x -> 0.8 * Math.sin(3 * x)).toArray()));
    if (entry.get("clip_denoised").asBoolean()) {
      denoiser = new Clip(denoiser);
    }
    compare(
        "ancestral/openai_loops_" + mixture,
        key,
        sampler,
        denoiser,
        betas,
        grid,
        cosine ? 1e-7 : 1e-9);
  }

  static Stream<Arguments> ddim() {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                cases("ancestral/ddim_repo_" + mixture)
                    .map(entry -> Arguments.of(mixture, entry.get("key").asString(), entry)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ddim")
  void walksAsDdimsOwnCodeDoes(String mixture, String key, JsonNode entry) {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    TimeGrid grid = TimeGrid.of(1000, ints(entry.get("sequence")));
    Denoiser model = MixtureDenoiser.of(betas, mixture);
    boolean sigmaHat = entry.get("sampler").asString().equals("ddpm");
    Sampler sampler = sigmaHat ? new Ddim(1, true, true) : new Ddim(entry.get("eta").asDouble());
    Denoiser denoiser = entry.get("clip_x0").asBoolean() ? new Clip(model) : model;
    compare("ancestral/ddim_repo_" + mixture, key, sampler, denoiser, betas, grid, 1e-9);
    if (sigmaHat) { // the two names of the same thing
      compare(
          "ancestral/ddim_repo_" + mixture,
          key,
          new Ancestral(Variance.LARGE),
          denoiser,
          betas,
          grid,
          1e-9);
    }
  }

  private static void compare(
      String resource,
      String key,
      Sampler sampler,
      Denoiser denoiser,
      DiscreteBetas betas,
      TimeGrid grid,
      double tolerance) {
    Map<String, Array> recorded = Fixtures.tensors(resource + ".safetensors");
    int[] shape = recorded.get("x_T").shape();
    int size = recorded.get("x_T").values().length / shape[0];
    List<double[]> states = new ArrayList<>();
    List<double[]> predictions = new ArrayList<>();
    Denoiser recording =
        (xt, t) -> {
          Prediction prediction = denoiser.at(xt, t);
          predictions.add(prediction.x0().data());
          return prediction;
        };
    Noise noise =
        (k, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(k), image * size, out, from, count);
    Batch start = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x_T").values());
    sampler.sample(
        new Walk(recording, betas, grid, noise).watch((k, t, x) -> states.add(x.data())), start);
    assertThat(states).hasSize(recorded.get(key + ".x").shape()[0]);
    for (int k = 0; k < states.size(); k++) {
      assertThat(predictions.get(k))
          .as("x̂0 of step %d", k)
          .containsExactly(recorded.get(key + ".pred_xstart").row(k), within(tolerance));
      assertThat(states.get(k))
          .as("state after step %d", k)
          .containsExactly(recorded.get(key + ".x").row(k), within(tolerance));
    }
  }

  @ParameterizedTest
  @CsvSource({"linear, 1000, 1000", "cosine, 1000, 25"})
  void hasImprovedDiffusionsMeansAndVariances(String schedule, int trained, String spec) {
    Map<String, Array> recorded = Fixtures.tensors("ancestral/p_mean_variance.safetensors");
    String process = schedule + "_" + trained + "_" + spec + ".";
    DiscreteBetas betas =
        schedule.equals("cosine")
            ? DiscreteBetas.cosine(trained)
            : DiscreteBetas.rescaledLinear(trained);
    TimeGrid grid = TimeGrid.of(trained, Respacing.parse(spec, trained));
    int[] indices = recorded.get(process + "t").ints();
    for (int b = 0; b < indices.length; b++) {
      double t = grid.time(grid.steps() - 1 - indices[b]);
      double s = grid.time(grid.steps() - indices[b]);
      double tolerance = schedule.equals("cosine") ? 1e-7 : 1e-9;
      Batch xt = image(recorded.get("x_t"), b);
      Batch x0 = image(recorded.get("x_start"), b);
      Batch eps = image(recorded.get("network_mean_channels"), b);
      Posterior posterior = Posterior.of(betas, t, s);

      assertThat(Batch.lincomb(posterior.x0(), x0, posterior.xt(), xt).data())
          .containsExactly(recorded.get(process + "posterior_mean").row(b), within(tolerance));
      assertThat(Batch.lincomb(betas.alpha(t), x0, betas.sigma(t), eps).data())
          .containsExactly(recorded.get(process + "q_sample").row(b), within(tolerance));
      Batch predicted =
          Batch.lincomb(1 / betas.alpha(t), xt, -betas.sigma(t) / betas.alpha(t), eps);
      assertThat(predicted.data())
          .containsExactly(
              recorded.get(process + "EPSILON.clip_false.pred_xstart").row(b),
              within(tolerance * Math.max(1, 1 / betas.alpha(t))));
      Batch clipped = predicted.clamp(-1, 1);
      assertThat(Batch.lincomb(posterior.x0(), clipped, posterior.xt(), xt).data())
          .containsExactly(
              recorded.get(process + "EPSILON.clip_true.mean").row(b), within(tolerance));
      assertThat(posterior.variance())
          .isCloseTo(recorded.get(process + "posterior_variance").values()[b], within(1e-12));
      if (s == 0) {
        continue; // no noise is drawn in the last step: the originals' patched first entry matters
        // to the bound alone
      }
      assertThat(Math.log(Variance.SMALL.of(posterior, 0)))
          .isCloseTo(
              recorded.get(process + "FIXED_SMALL.log_variance").values()[b], within(tolerance));
      assertThat(Math.log(Variance.LARGE.of(posterior, 0)))
          .isCloseTo(
              recorded.get(process + "FIXED_LARGE.log_variance").values()[b], within(tolerance));
      double[] raw = recorded.get("network_var_channels").row(b);
      for (int i = 0; i < raw.length; i++) {
        assertThat(Math.log(Variance.LEARNED_RANGE.of(posterior, raw[i])))
            .isCloseTo(
                recorded.get(process + "LEARNED_RANGE.log_variance").row(b)[i], within(tolerance));
        assertThat(Math.log(Variance.LEARNED.of(posterior, raw[i])))
            .isCloseTo(recorded.get(process + "LEARNED.log_variance").row(b)[i], within(tolerance));
      }
    }
  }

  private static Batch image(Array array, int i) {
    int[] shape = array.shape();
    return new Batch(1, shape[1], shape[2], shape[3], array.row(i));
  }

  private static Stream<JsonNode> cases(String resource) {
    return StreamSupport.stream(
        Fixtures.json(resource + ".json").get("cases").spliterator(), false);
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }
}
