package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.process.Batch;
import io.jiffusion.process.ClassifierGuidance;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Gradient;
import io.jiffusion.process.MeanShift;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class ClassifierGuidanceTest {

  static Stream<Arguments> cases() {
    return StreamSupport.stream(
            Fixtures.json("ancestral/classifier_guidance.json").get("cases").spliterator(), false)
        .map(entry -> Arguments.of(entry.get("key").asString(), entry));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void walksAsGuidedDiffusionDoes(String key, JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("ancestral/classifier_guidance.safetensors");
    int trained = entry.get("T").asInt();
    boolean cosine = entry.get("schedule").asString().equals("cosine");
    DiscreteBetas betas =
        cosine ? DiscreteBetas.cosine(trained) : DiscreteBetas.rescaledLinear(trained);
    TimeGrid grid = TimeGrid.of(trained, Respacing.parse(entry.get("spec").asString(), trained));
    double[] target = recorded.get("target").values();
    Gradient towardsTarget = (xt, t) -> towards(target, betas, xt, t);
    Denoiser model = MixtureDenoiser.of(betas, "plane");
    double scale =
        Fixtures.json("ancestral/classifier_guidance.json").get("classifier_scale").asDouble();
    boolean ancestral = entry.get("sampler").asString().equals("p_sample");
    Sampler sampler =
        ancestral ? new Ancestral(Variance.SMALL) : new Ddim(entry.get("eta").asDouble());
    Denoiser guided =
        ancestral
            ? new MeanShift(model, towardsTarget, scale)
            : new ClassifierGuidance(model, betas, towardsTarget, scale);

    List<double[]> states = new ArrayList<>();
    List<double[]> predictions = new ArrayList<>();
    Denoiser recording =
        (xt, t) -> {
          Prediction prediction = guided.at(xt, t);
          predictions.add(prediction.x0().data());
          return prediction;
        };
    int[] shape = recorded.get("x_T").shape();
    Batch start = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("x_T").values());
    Noise noise =
        (k, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(k), image * count, out, from, count);
    sampler.sample(
        new Walk(recording, betas, grid, noise).watch((k, t, x) -> states.add(x.data())), start);
    assertThat(states).hasSize(recorded.get(key + ".x").shape()[0]);
    double tolerance = cosine ? 1e-7 : 1e-9;
    for (int k = 0; k < states.size(); k++) {
      assertThat(predictions.get(k))
          .as("x̂0 of step %d", k)
          .containsExactly(recorded.get(key + ".pred_xstart").row(k), within(tolerance));
      assertThat(states.get(k))
          .as("state after step %d", k)
          .containsExactly(recorded.get(key + ".x").row(k), within(tolerance));
    }
  }

  /** {@code −ᾱ·(x − target)}. */
  private static Batch towards(double[] target, NoiseSchedule schedule, Batch xt, double[] t) {
    double[] out = xt.data().clone();
    int size = xt.imageSize();
    for (int i = 0; i < out.length; i++) {
      double alpha = schedule.alpha(t[i / size]);
      out[i] = -alpha * alpha * (out[i] - target[i % size]);
    }
    return xt.with(out);
  }

  /**
   * The gradient is that of a Gaussian observation y of the data with variance r: the guided model
   * is the exact one of the posterior, whose data are Gaussian again.
   */
  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void isBayesRule(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    double y = 1.2;
    double r = 0.4;
    double precision = 1 / 0.25 + 1 / r;
    Denoiser prior = MixtureDenoiser.gaussian(schedule, 0.3, 0.5);
    Denoiser posterior =
        MixtureDenoiser.gaussian(
            schedule, (0.3 / 0.25 + y / r) / precision, Math.sqrt(1 / precision));
    Gradient observation =
        (xt, t) -> { // y given x_t is Gaussian about x̂0, with the variance of x0 given x_t and r
          double[] out = new double[t.length];
          for (int image = 0; image < out.length; image++) {
            double alpha = schedule.alpha(t[image]);
            double sigma = schedule.sigma(t[image]);
            double v = alpha * alpha * 0.25 + sigma * sigma;
            double x0 = prior.at(xt, t).x0().data()[image];
            out[image] = alpha * 0.25 / v * (y - x0) / (0.25 * sigma * sigma / v + r);
          }
          return xt.with(out);
        };
    Batch xt = new Batch(3, 1, 1, 1, new double[] {-1, 0.4, 2});
    double[] t = {schedules.end(), schedules.start(), 0.5};
    assertThat(new ClassifierGuidance(prior, schedule, observation, 1).at(xt, t).x0().data())
        .containsExactly(posterior.at(xt, t).x0().data(), within(1e-9));
  }

  @Test
  void derivesTheDataAfterClippingAndClipsNotAgain() {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    Batch xt = new Batch(1, 1, 1, 2, new double[] {3, -3});
    Denoiser clipped = new Clip((x, t) -> new Prediction(x.with(new double[] {1.7, 0.2})));
    Prediction guided =
        new ClassifierGuidance(clipped, betas, (x, t) -> x.with(new double[] {1, 1}), 2)
            .at(xt, 0.5);
    double move = 2 * betas.sigma(0.5) * betas.sigma(0.5) / betas.alpha(0.5);
    assertThat(guided.x0().data()).containsExactly(1 + move, 0.2 + move);
    assertThat(guided.raw().data()).containsExactly(1.7 + move, 0.2 + move);
  }

  @Test
  void shiftsTheMeanByWhatTheStepAddsEvenWhenItIsLearned() {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    Batch xt = new Batch(1, 1, 1, 1, new double[] {0.7});
    Denoiser model = (x, t) -> new Prediction(x, x.with(new double[] {-1.5}));
    Gradient gradient = (x, t) -> x.with(new double[] {0.6});
    TimeGrid grid = new TimeGrid(new double[] {0.5, 0.4});
    Sampler sampler = new Ancestral(Variance.LEARNED);
    double plain = sampler.sample(new Walk(model, betas, grid, Noise.keyed(1)), xt).data()[0];
    Denoiser twice = new MeanShift(new MeanShift(model, gradient, 1), gradient, 2);
    assertThat(sampler.sample(new Walk(twice, betas, grid, Noise.keyed(1)), xt).data()[0])
        .isCloseTo(plain + Math.exp(-1.5) * 3 * 0.6, within(1e-12));
  }

  @Test
  void refusesWhatMakesNoSense() {
    DiscreteBetas jsd = DiscreteBetas.jsd(10);
    Denoiser model = MixtureDenoiser.gaussian(jsd, 0, 1);
    Gradient gradient = (x, t) -> x;
    Batch xt = new Batch(1, 1, 1, 1, new double[] {1});
    assertThatThrownBy(() -> new MeanShift(model, gradient, -1))
        .hasMessage("illegal classifier scale: -1.0, must be 0 or more; 0 is no guidance");
    assertThatThrownBy(() -> new ClassifierGuidance(model, jsd, gradient, 1).at(xt, 1))
        .hasMessage(
            "illegal time: 1.0 for classifier guidance, where alpha is 0, must have a signal (none is"
                + " left there); start at an earlier time");
  }
}
