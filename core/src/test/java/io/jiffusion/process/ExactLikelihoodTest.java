package io.jiffusion.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.SubVariancePreserving;
import io.jiffusion.schedule.VarianceExploding;
import io.jiffusion.schedule.VariancePreserving;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ExactLikelihoodTest {
  private static final VariancePreserving VP = new VariancePreserving(0.1, 20);

  static Stream<JsonNode> originals() {
    return StreamSupport.stream(
        Fixtures.json("losses/ode_likelihood.json").get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("originals")
  void isTheOriginals(JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("losses/ode_likelihood.safetensors");
    String mixture = entry.get("mixture").asString();
    String sde = entry.get("sde").asString();
    String key = entry.get("key").asString();
    JsonNode parameters = Fixtures.json("losses/ode_likelihood.json").get("sdes").get(sde);
    NoiseSchedule schedule =
        switch (sde) {
          case "vp" ->
              new VariancePreserving(
                  parameters.get("beta_min").asDouble(), parameters.get("beta_max").asDouble());
          case "subvp" ->
              new SubVariancePreserving(
                  parameters.get("beta_min").asDouble(), parameters.get("beta_max").asDouble());
          default ->
              new VarianceExploding(
                  parameters.get("sigma_min").asDouble(), parameters.get("sigma_max").asDouble());
        };
    MixtureDenoiser model = MixtureDenoiser.of(schedule, mixture);
    Batch data = batch(recorded.get(mixture + ".data"));
    int[] evaluations = {0};
    Differentiable counting =
        new Differentiable() {
          @Override
          public Prediction at(Batch xt, double t) {
            evaluations[0]++;
            return model.at(xt, t);
          }

          @Override
          public Batch pullback(Batch xt, double[] t, Batch cotangent) {
            return model.pullback(xt, t, cotangent);
          }
        };
    double eps = entry.get("eps").asDouble();
    DormandPrince solver =
        new DormandPrince(
            entry.get("rtol").asDouble(), entry.get("atol").asDouble(), data.images());
    ExactLikelihood.Encoded encoded =
        new ExactLikelihood(counting, schedule, eps, 1, solver)
            .encode(data, batch(recorded.get(key + ".epsilon")));
    assertThat(encoded.latent().data())
        .containsExactly(recorded.get(key + ".latent").values(), within(1e-3));
    double[] exact = recorded.get(mixture + "." + sde + ".exact_bpd").values();
    for (int image = 0; image < data.images(); image++) {
      assertThat(ExactLikelihood.bits(encoded.logDensity()[image], data.imageSize(), 2.0 / 256))
          .isCloseTo(recorded.get(key + ".bpd").values()[image], within(1e-6));
      assertThat(
              ExactLikelihood.bits(model.logDensity(data, eps)[image], data.imageSize(), 2.0 / 256))
          .isCloseTo(exact[image], within(1e-9));
    }
    assertThat(evaluations[0]).isEqualTo(entry.get("evaluations").asInt());
  }

  private static Batch batch(Array array) {
    int[] shape = array.shape();
    return new Batch(shape[0], shape[1], shape[2], shape[3], array.values());
  }

  @Test
  void isTheDensityOfAGaussian() {
    MixtureDenoiser model = MixtureDenoiser.gaussian(VP, 0.3, 0.5);
    Batch x = new Batch(3, 1, 1, 2, new double[] {0.3, 0.3, 1, -1, -0.2, 0.4});
    // a Gaussian's Jacobian is a multiple of the identity: any probe gives its trace exactly
    ExactLikelihood.Encoded encoded =
        new ExactLikelihood(model, VP).encode(x, ExactLikelihood.probe(x, 0, 1, 2, 3));
    assertThat(withTheModelsOwnPrior(encoded, model))
        .containsExactly(model.logDensity(x, 1e-5), within(1e-4));
  }

  /** At time 1 the states are nearly, not exactly, standard normal. */
  private static double[] withTheModelsOwnPrior(
      ExactLikelihood.Encoded encoded, MixtureDenoiser model) {
    double[] standard = MixtureDenoiser.gaussian(VP, 0, 1).logDensity(encoded.latent(), 1);
    double[] own = model.logDensity(encoded.latent(), 1);
    double[] out = encoded.logDensity().clone();
    Arrays.setAll(out, image -> out[image] + own[image] - standard[image]);
    return out;
  }

  @Test
  void countsTheBitsOfNoise() {
    // values all over the levels: uniform noise costs all of its bits, a Gaussian wider than the
    // levels' spacing costs its entropy
    double std = 0.25;
    int size = 2000;
    MixtureDenoiser model = MixtureDenoiser.gaussian(VP, 0, std);
    double[] values = new double[size];
    new io.jiffusion.random.Key(1, 0, io.jiffusion.random.Purpose.TOY).normals(values, 0, size);
    Batch levels =
        new Batch(
            1,
            1,
            1,
            size,
            Arrays.stream(values).map(z -> Math.rint((std * z + 1) * 127.5) / 127.5 - 1).toArray());
    double squares = Arrays.stream(levels.data()).map(x -> x * x).sum() / size;
    double entropy =
        0.5 * Math.log(2 * Math.PI * std * std) / Math.log(2)
            + 0.5 * squares / (std * std) / Math.log(2);
    ExactLikelihood.Bits bits = new ExactLikelihood(model, VP).bitsPerDimension(levels, 8, 2, 5);
    assertThat(bits.mean()[0]).isCloseTo(entropy + Math.log(127.5) / Math.log(2), within(2e-3));
    assertThat(bits.error()[0]).isPositive().isLessThan(1e-2);
  }

  @Test
  void theAverageOverProbesIsTheExactLogDensity() {
    MixtureDenoiser model = MixtureDenoiser.of(VP, "image");
    double[] image = Fixtures.tensors("losses/ode_likelihood.safetensors").get("image.data").row(0);
    int probes = 60;
    double[] copies = new double[probes * image.length];
    for (int probe = 0; probe < probes; probe++) {
      System.arraycopy(image, 0, copies, probe * image.length, image.length);
    }
    Batch x = new Batch(probes, 3, 4, 4, copies);
    double[] nats =
        withTheModelsOwnPrior(
            new ExactLikelihood(model, VP, 1e-5, 1, new DormandPrince(1e-3, 1e-3, 1))
                .encode(x, ExactLikelihood.probe(x, 0, LongStream.range(0, probes).toArray())),
            model);
    double mean = Arrays.stream(nats).average().orElseThrow();
    double spread = Arrays.stream(nats).map(y -> (y - mean) * (y - mean)).sum() / (probes - 1);
    assertThat(mean)
        .isCloseTo(
            model.logDensity(x.slice(0, 1), 1e-5)[0], within(4 * Math.sqrt(spread / probes)));
  }

  @Test
  void anImagesBitsDependOnItsSeedAlone() {
    ExactLikelihood likelihood = new ExactLikelihood(MixtureDenoiser.of(VP, "plane"), VP);
    Batch x = new Batch(3, 2, 1, 1, new double[] {0.2, 0.4, -1, 0.6, 0, 0});
    ExactLikelihood.Bits together = likelihood.bitsPerDimension(x, 8, 2, 7, 8, 9);
    ExactLikelihood.Bits alone = likelihood.bitsPerDimension(x.slice(1, 1), 8, 2, 8);
    assertThat(alone.mean()).containsExactly(together.mean()[1]);
    assertThat(alone.error()).containsExactly(together.error()[1]);
    assertThat(likelihood.bitsPerDimension(x.slice(1, 1), 8, 1, 8).error()[0]).isNaN();
  }

  @Test
  void probesAreFairSignsAndLevelsAreFilledEvenly() {
    Batch x = new Batch(1, 1, 100, 100, new double[10_000]);
    double[] probe = ExactLikelihood.probe(x, 0, 1).data();
    assertThat(probe).containsOnly(-1, 1);
    assertThat(Arrays.stream(probe).average().orElseThrow()).isCloseTo(0, within(0.04));
    assertThat(probe).isNotEqualTo(ExactLikelihood.probe(x, 1, 1).data());
    double[] moved = ExactLikelihood.dequantised(x, 8, 0, 1).data();
    assertThat(Arrays.stream(moved).max().orElseThrow()).isCloseTo(1 / 255.0, within(1e-5));
    assertThat(Arrays.stream(moved).min().orElseThrow()).isCloseTo(-1 / 255.0, within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plane", "image"})
  void theTestModelKnowsItsDerivative(String mixture) {
    MixtureDenoiser model = MixtureDenoiser.of(VP, mixture);
    Batch x = batch(Fixtures.tensors("mixture/" + mixture + ".safetensors").get("check_x"));
    double[] t = new double[x.images()];
    Arrays.fill(t, 0.3);
    Batch v = ExactLikelihood.probe(x, 0, LongStream.range(0, x.images()).toArray());
    Batch way = ExactLikelihood.probe(x, 1, LongStream.range(0, x.images()).toArray());
    double h = 1e-5;
    double[] up = model.at(Batch.lincomb(1, x, h, way), 0.3).x0().data();
    double[] down = model.at(Batch.lincomb(1, x, -h, way), 0.3).x0().data();
    double[] pulled = model.pullback(x, t, v).data();
    double found = 0;
    double expected = 0;
    for (int i = 0; i < up.length; i++) {
      found += pulled[i] * way.data()[i];
      expected += v.data()[i] * (up[i] - down[i]) / (2 * h);
    }
    assertThat(found).isCloseTo(expected, within(1e-6));
  }

  @Test
  void wrongCallsAreToldByRule() {
    MixtureDenoiser model = MixtureDenoiser.gaussian(VP, 0, 1);
    DormandPrince solver = new DormandPrince(1e-5, 1e-5, 1);
    assertThatThrownBy(() -> new ExactLikelihood(model, VP, 0, 1, solver))
        .hasMessageStartingWith("illegal times: 0.0 to 1.0, must ascend from above 0");
    Batch x = new Batch(1, 1, 1, 1, new double[1]);
    assertThatThrownBy(() -> new ExactLikelihood(model, VP).bitsPerDimension(x, 8, 0, 1))
        .hasMessageStartingWith("illegal probes: 0, must be 1 or more");
    assertThatThrownBy(() -> new DormandPrince(0, 1e-5, 1))
        .hasMessageStartingWith("illegal tolerances: rtol 0.0, atol 1.0E-5, must be above 0");
    assertThatThrownBy(() -> new DormandPrince(1e-5, 1e-5, 0))
        .hasMessageStartingWith("illegal group: 0, must be 1 (each image for itself) or more");
    ConditionalDenoiser forwards = (xt, t, classes) -> new Prediction(xt);
    assertThatThrownBy(() -> forwards.of((int[]) null).pullback(x, new double[1], x))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageEndingWith("predicts only: its derivative is not known");
  }
}
