package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class VariationalBoundTest {

  static Stream<JsonNode> loops() {
    return list(Fixtures.json("losses/bpd_loop.json").get("cases"));
  }

  static Stream<JsonNode> processes() {
    return list(Fixtures.json("losses/training_losses.json").get("processes"));
  }

  static Stream<JsonNode> variances() {
    return list(Fixtures.json("ancestral/p_mean_variance.json").get("processes"));
  }

  private static Stream<JsonNode> list(JsonNode nodes) {
    return StreamSupport.stream(nodes.spliterator(), false);
  }

  private static DiscreteBetas betas(JsonNode entry) {
    int trained = entry.get("T").asInt();
    return entry.get("schedule").asString().equals("cosine")
        ? DiscreteBetas.cosine(trained)
        : DiscreteBetas.rescaledLinear(trained);
  }

  private static TimeGrid grid(JsonNode entry) {
    int trained = entry.get("T").asInt();
    return TimeGrid.of(trained, Respacing.parse(entry.get("spec").asString(), trained));
  }

  private static Variance variance(String name) {
    return Variance.valueOf(name.replace("FIXED_", ""));
  }

  private static Batch batch(Array array) {
    int[] shape = array.shape();
    return new Batch(shape[0], shape[1], shape[2], shape[3], array.values());
  }

  private static void assertClose(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .isCloseTo(expected[i], within(1e-8 * Math.max(1, Math.abs(expected[i]))));
    }
  }

  @ParameterizedTest
  @MethodSource("loops")
  void isImprovedDiffusionsBoundTermByTerm(JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("losses/bpd_loop.safetensors");
    DiscreteBetas betas = betas(entry);
    String key = entry.get("key").asString();
    MixtureDenoiser model = MixtureDenoiser.of(betas, "image");
    Denoiser withVariance =
        (xt, t) ->
            new Prediction(
                model.at(xt, t).x0(),
                xt.with(Arrays.stream(xt.data()).map(x -> 0.8 * Math.sin(3 * x)).toArray()));
    Denoiser denoiser =
        entry.get("clip_denoised").asBoolean() ? new Clip(withVariance) : withVariance;
    Batch x0 = batch(recorded.get("x_start"));
    VariationalBound.Bound bound =
        new VariationalBound(
                denoiser, betas, grid(entry), variance(entry.get("var_type").asString()))
            .of(x0, k -> x0.with(recorded.get("noise").row(k)));
    assertClose(bound.prior(), recorded.get(key + ".prior_bpd").values());
    assertClose(bound.total(), recorded.get(key + ".total_bpd").values());
    for (int image = 0; image < x0.images(); image++) {
      assertClose(bound.terms()[image], recorded.get(key + ".vb").row(image));
      assertClose(bound.x0Error()[image], recorded.get(key + ".xstart_mse").row(image));
      assertClose(bound.epsError()[image], recorded.get(key + ".mse").row(image));
    }
  }

  @ParameterizedTest
  @MethodSource("processes")
  void isTheBoundInImprovedDiffusionsLosses(JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("losses/training_losses.safetensors");
    String prefix = entry.get("prefix").asString() + ".";
    DiscreteBetas betas = betas(entry);
    TimeGrid grid = grid(entry);
    int[] indices = recorded.get(prefix + "t").ints();
    for (String type : new String[] {"LEARNED", "FIXED_SMALL", "FIXED_LARGE", "LEARNED_RANGE"}) {
      for (int b = 0; b < indices.length; b++) {
        int image = b;
        int k = grid.steps() - 1 - indices[b];
        Batch x0 = batch(recorded.get("x_start")).slice(b, 1);
        Batch xt = batch(recorded.get(prefix + "x_t")).slice(b, 1);
        Batch said = batch(recorded.get("network_mean_channels")).slice(b, 1);
        Batch raw = batch(recorded.get("network_var_channels")).slice(b, 1);
        Posterior posterior = Posterior.of(betas, grid.time(k), grid.time(k + 1));
        double alpha = betas.alpha(grid.time(k));
        Map<String, Batch> predicted =
            Map.of(
                "EPSILON", Batch.lincomb(1 / alpha, xt, -betas.sigma(grid.time(k)) / alpha, said),
                "START_X", said,
                "PREVIOUS_X",
                    Batch.lincomb(1 / posterior.x0(), said, -posterior.xt() / posterior.x0(), xt));
        predicted.forEach(
            (mean, data) -> {
              Denoiser denoiser = (x, t) -> new Prediction(data, raw);
              VariationalBound bound = new VariationalBound(denoiser, betas, grid, variance(type));
              double term = bound.term(x0, xt, k)[0];
              String name = mean + "." + type;
              assertAbout(term, recorded.get(prefix + "KL." + name + ".loss"), image, 1);
              assertAbout(
                  term,
                  recorded.get(prefix + "RESCALED_KL." + name + ".loss"),
                  image,
                  grid.steps());
              if (type.startsWith("LEARNED")) {
                assertAbout(term, recorded.get(prefix + "MSE." + name + ".vb"), image, 1);
                assertAbout(
                    term,
                    recorded.get(prefix + "RESCALED_MSE." + name + ".vb"),
                    image,
                    grid.steps() / 1000.0);
              }
              if (mean.equals("EPSILON") && !type.equals("LEARNED")) { // not recorded for it
                assertClose(
                    bound.prior(x0),
                    new double[] {recorded.get(prefix + "prior_bpd").values()[image]});
                assertAbout(
                    term, recorded.get(prefix + "vb_terms." + type + ".clip_false"), image, 1);
                assertAbout(
                    new VariationalBound(new Clip(denoiser), betas, grid, variance(type))
                        .term(x0, xt, k)[0],
                    recorded.get(prefix + "vb_terms." + type + ".clip_true"),
                    image,
                    1);
              }
            });
      }
    }
  }

  private static void assertAbout(double term, Array expected, int image, double factor) {
    assertClose(new double[] {factor * term}, new double[] {expected.values()[image]});
  }

  @ParameterizedTest
  @MethodSource("variances")
  void hasImprovedDiffusionsVariancesUpToTheDecoder(JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("ancestral/p_mean_variance.safetensors");
    String prefix = entry.get("prefix").asString() + ".";
    DiscreteBetas betas = betas(entry);
    TimeGrid grid = grid(entry);
    int[] indices = recorded.get(prefix + "t").ints();
    for (int b = 0; b < indices.length; b++) {
      int k = grid.steps() - 1 - indices[b];
      double[] raw = recorded.get("network_var_channels").row(b);
      for (String type : new String[] {"LEARNED", "FIXED_SMALL", "FIXED_LARGE", "LEARNED_RANGE"}) {
        Variance variance = variance(type);
        double[] expected = recorded.get(prefix + type + ".log_variance").row(b);
        for (int i = 0; i < expected.length; i++) {
          double found =
              (grid.time(k + 1) == 0
                      ? variance.decoder(betas, grid.time(k - 1), grid.time(k))
                      : variance.step(betas, grid.time(k), grid.time(k + 1)))
                  .applyAsDouble(raw[i]);
          assertThat(Math.log(found)).isCloseTo(expected[i], within(1e-9));
        }
      }
    }
  }

  @Test
  void hasImprovedDiffusionsLikelihoodTerms() {
    Map<String, Array> recorded = Fixtures.tensors("losses/likelihood_terms.safetensors");
    double[] arguments = recorded.get("cdf_argument").values();
    for (int i = 0; i < arguments.length; i++) {
      assertThat(Gaussian.cdf(arguments[i]))
          .isCloseTo(recorded.get("approx_standard_normal_cdf").values()[i], within(1e-12));
    }
    double[] kl = recorded.get("normal_kl").values();
    for (int i = 0; i < kl.length; i++) {
      assertThat(
              Gaussian.divergence(
                  recorded.get("kl_mean1").values()[i],
                  recorded.get("kl_logvar1").values()[i],
                  recorded.get("kl_mean2").values()[i],
                  recorded.get("kl_logvar2").values()[i]))
          .isCloseTo(kl[i], within(1e-9 * Math.max(1, Math.abs(kl[i]))));
    }
    double[] logs = recorded.get("log_probability").values();
    double clamp = Math.log(1e-12);
    for (int i = 0; i < logs.length; i++) {
      assertThat(
              Gaussian.logProbability(
                  recorded.get("x").values()[i],
                  recorded.get("mean").values()[i],
                  recorded.get("log_scale").values()[i]))
          .isCloseTo(logs[i], within(logs[i] < clamp + 8 ? 1e-3 : 1e-8));
    }
  }

  @Test
  void isTheEntropyOfGaussianDataWithTheOptimalVarianceAndMoreWithTheOthers() {
    DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
    double std = 0.3;
    MixtureDenoiser model = MixtureDenoiser.gaussian(betas, 0, std);
    int size = 2000;
    double[] values = new double[size];
    new io.jiffusion.random.Key(3, 0, io.jiffusion.random.Purpose.TOY).normals(values, 0, size);
    Batch x0 =
        new Batch(
            1,
            1,
            1,
            size,
            Arrays.stream(values)
                .map(z -> Math.rint((Math.max(-1, Math.min(1, std * z)) + 1) * 127.5) / 127.5 - 1)
                .toArray());
    double squares = Arrays.stream(x0.data()).map(x -> x * x).sum() / size;
    double exact =
        (0.5 * Math.log(2 * Math.PI * std * std) + 0.5 * squares / (std * std) + Math.log(127.5))
            / Math.log(2);
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 250));
    double small = new VariationalBound(model, betas, grid, Variance.SMALL).of(x0, 1).total()[0];
    double large = new VariationalBound(model, betas, grid, Variance.LARGE).of(x0, 1).total()[0];
    double[] noise = new double[1000]; // of the exact model
    Arrays.setAll(
        noise,
        i -> {
          double alpha = betas.alpha(betas.time(i));
          double sigma = betas.sigma(betas.time(i));
          return sigma * sigma / (alpha * alpha * std * std + sigma * sigma);
        });
    double optimal =
        new VariationalBound(model, betas, grid, new OptimalVariance(noise)).of(x0, 1).total()[0];
    assertThat(optimal).isCloseTo(exact, within(0.1)); // one state a term, and the decoder
    assertThat(large).isBetween(optimal, exact + 1);
    assertThat(small).isGreaterThan(exact + 1);
  }

  @Test
  void anImagesBoundDependsOnItsSeedAlone() {
    DiscreteBetas betas = DiscreteBetas.cosine(20);
    VariationalBound bound =
        new VariationalBound(
            MixtureDenoiser.of(betas, "plane"),
            betas,
            TimeGrid.of(20, Respacing.uniform(20, 5)),
            Variance.LARGE);
    Batch x0 = new Batch(2, 2, 1, 1, new double[] {0.2, 0.4, -1, 0.6});
    assertThat(bound.of(x0.slice(1, 1), 8).total()).containsExactly(bound.of(x0, 7, 8).total()[1]);
  }

  @Test
  void wrongCallsAreToldByRule() {
    DiscreteBetas betas = DiscreteBetas.cosine(20);
    MixtureDenoiser model = MixtureDenoiser.of(betas, "plane");
    assertThatThrownBy(
            () ->
                new VariationalBound(
                    model, betas, new TimeGrid(new double[] {1, 0.5}), Variance.SMALL))
        .hasMessage(
            "illegal grid: it ends at t = 0.5, must end at 0: the bound is that of the data");
    Batch x0 = new Batch(1, 2, 1, 1, new double[2]);
    assertThatThrownBy(
            () ->
                new VariationalBound(
                        model, betas, new TimeGrid(new double[] {1, 0}), Variance.LEARNED)
                    .of(x0, 1))
        .hasMessage(
            "illegal variance: LEARNED for a model that has learned none, must be SMALL or LARGE");
  }
}
