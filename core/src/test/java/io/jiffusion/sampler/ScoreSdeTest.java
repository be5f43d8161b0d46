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
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.SubVariancePreserving;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VarianceExploding;
import io.jiffusion.schedule.VariancePreserving;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Trajectories that the authors of the score SDE paper have recorded.
 *
 * <p>Their program visits N times from 1 to eps, but steps by 1/N, or along a table of N betas or
 * sigmas, whatever the distance of the times. {@link Peer} says so to our samplers in their own
 * terms.
 */
class ScoreSdeTest {

  static Stream<Arguments> pc() {
    return cases("pc");
  }

  private static Stream<Arguments> cases(String kind) {
    return Stream.of("plane", "image")
        .flatMap(
            mixture ->
                StreamSupport.stream(json(mixture).get("cases").spliterator(), false)
                    .filter(entry -> entry.get("kind").asString().equals(kind))
                    .map(entry -> Arguments.of(mixture, entry.get("key").asString(), entry)));
  }

  private static JsonNode json(String mixture) {
    return Fixtures.json("solvers/score_sde_" + mixture + ".json");
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("pc")
  void predictsAndCorrectsAsTheOriginal(String mixture, String key, JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("solvers/score_sde_" + mixture + ".safetensors");
    Peer peer = Peer.of(json(mixture).get("sdes"), mixture, entry);
    boolean flow = entry.get("probability_flow").asBoolean();
    double snr = entry.get("snr").asDouble();
    String predictor = entry.get("predictor").asString();
    String corrector = entry.get("corrector").asString();
    int[] shape = recorded.get("z").shape();

    // The program has no discrete process for sub-VP and falls back on Euler's step.
    boolean euler = predictor.equals("euler_maruyama") || peer.sde.equals("subvp");
    Sampler inner =
        euler
            ? new EulerMaruyama(flow)
            : predictor.equals("reverse_diffusion")
                ? new ReverseDiffusion(flow)
                : new Ancestral(peer.sde.equals("vp") ? Variance.LARGE : Variance.SMALL);
    Corrector step =
        corrector.equals("langevin") ? new Langevin(snr, shape[0]) : new AnnealedLangevin(snr);
    Sampler sampler =
        new PredictorCorrector(
            (walk, x) -> inner.sample(peer.seen(walk, euler ? peer.marginal() : peer.table()), x),
            (walk, draw, x, t, s) -> step.correct(peer.seen(walk, peer.corrected()), draw, x, t, s),
            corrector.equals("none") ? 0 : entry.get("corrector_steps").asInt(),
            entry.get("denoise").asBoolean());

    Noise noise =
        (draw, image, out, from, count) ->
            System.arraycopy(recorded.get("noise").row(draw), image * count, out, from, count);
    List<double[]> states = new ArrayList<>();
    Walk walk =
        new Walk(peer.denoiser(peer.table()), peer.table(), peer.grid(), noise)
            .watch((k, t, x) -> states.add(x.data()));
    Batch z = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("z").values());
    Batch made = sampler.sample(walk, z.times(peer.priorStd()));

    assertThat(made.data()).containsExactly(recorded.get(key + ".final").values(), within(1e-9));
    for (int k = 0; recorded.containsKey(key + ".x") && k < states.size() - 1; k++) {
      assertThat(states.get(k))
          .as("state after step %d", k)
          .containsExactly(recorded.get(key + ".x").row(k), within(1e-9));
    }
    assertThat(peer.evaluations[0]).isEqualTo(entry.get("evaluations").asInt());
  }

  static Stream<Arguments> ode() {
    return cases("ode");
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ode")
  void followsTheFlowWithTheStepsOfTheOriginal(String mixture, String key, JsonNode entry) {
    Map<String, Array> recorded = Fixtures.tensors("solvers/score_sde_" + mixture + ".safetensors");
    JsonNode sdes = json(mixture).get("sdes");
    String sde = entry.get("sde").asString();
    NoiseSchedule schedule = schedule(sde, sdes.get(sde));
    double eps = entry.get("eps").asDouble();
    double rtol = entry.get("rtol").asDouble();
    int[] shape = recorded.get("z").shape();
    Batch z = new Batch(shape[0], shape[1], shape[2], shape[3], recorded.get("z").values());
    int[] evaluations = {0};
    MixtureDenoiser model = MixtureDenoiser.of(schedule, mixture);
    Denoiser counting =
        (xt, t) -> {
          evaluations[0]++;
          return model.at(xt, t);
        };
    Walk walk = new Walk(counting, schedule, new TimeGrid(new double[] {1, eps}), Noise.keyed());
    Batch made =
        new Rk45(rtol, entry.get("atol").asDouble(), shape[0])
            .sample(walk, z.times(schedule.priorStd()));
    assertThat(evaluations[0]).isEqualTo(entry.get("evaluations").asInt());
    if (entry.get("denoise").asBoolean()) {
      made = denoised(sde, sdes.get(sde), made, model.at(made, eps).x0(), eps, schedule);
    }
    assertThat(made.data()).containsExactly(recorded.get(key + ".final").values(), within(1e-6));
    if (recorded.containsKey(key + ".exact")) {
      assertThat(made.data())
          .containsExactly(
              recorded.get(key + ".exact").values(),
              within(entry.get("error_to_exact").asDouble() + 1e-6));
    }
  }

  private static NoiseSchedule schedule(String sde, JsonNode parameters) {
    return switch (sde) {
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
  }

  /** The program's last touch: the mean of one step back along a table of 1000 steps. */
  private static Batch denoised(
      String sde, JsonNode parameters, Batch x, Batch x0, double eps, NoiseSchedule schedule) {
    double steps = 1000;
    double sigma = schedule.sigma(eps);
    Batch score = Batch.lincomb(schedule.alpha(eps) / (sigma * sigma), x0, -1 / (sigma * sigma), x);
    double least = parameters.get(sde.equals("ve") ? "sigma_min" : "beta_min").asDouble();
    return switch (sde) {
      case "vp" -> Batch.lincomb(2 - Math.sqrt(1 - least / steps), x, least / steps, score);
      case "subvp" ->
          Batch.lincomb(1 - schedule.f(eps) / steps, x, schedule.g2(eps) / steps, score);
      default -> Batch.lincomb(1, x, least * least, score);
    };
  }

  /**
   * The authors' process at the N times of their walk, k = 0 first, and what they call its step
   * there.
   */
  private static final class Peer {
    final String sde;
    final int steps;
    final int[] evaluations = {0};
    private final MixtureDenoiser model;
    private final double[] alpha; // [N], of the model
    private final double[] sigma;
    private final double[] std; // [N], of the process in continuous time
    private final double[] f;
    private final double[] g2;
    private final double[] tableAlpha; // [N + 1], and of the data
    private final double[] tableSigma;
    private final double priorStd;

    static Peer of(JsonNode sdes, String mixture, JsonNode entry) {
      String sde = entry.get("sde").asString();
      return new Peer(sde, sdes.get(sde), mixture, entry);
    }

    private Peer(String sde, JsonNode parameters, String mixture, JsonNode entry) {
      this.sde = sde;
      this.steps = entry.get("N").asInt();
      double eps = entry.get("eps").asDouble();
      boolean continuous = entry.get("continuous").asBoolean();
      boolean exploding = sde.equals("ve");
      alpha = new double[steps];
      sigma = new double[steps];
      std = new double[steps];
      f = new double[steps];
      g2 = new double[steps];
      tableAlpha = new double[steps + 1];
      tableSigma = new double[steps + 1];
      tableAlpha[steps] = 1;
      double low = parameters.get(exploding ? "sigma_min" : "beta_min").asDouble();
      double high = parameters.get(exploding ? "sigma_max" : "beta_max").asDouble();
      NoiseSchedule process = schedule(sde, parameters);
      priorStd = process.priorStd();
      DiscreteBetas betas =
          exploding ? null : DiscreteBetas.linear(steps, low / steps, high / steps);
      for (int k = 0; k < steps; k++) {
        double t = 1 - k * (1 - eps) / (steps - 1);
        int index = (int) (t * (steps - 1));
        alpha[k] = process.alpha(t);
        std[k] = process.sigma(t);
        f[k] = process.f(t);
        g2[k] = process.g2(t);
        tableAlpha[k] = exploding ? 1 : Math.sqrt(betas.alphaBar(index));
        tableSigma[k] =
            exploding
                ? low * Math.pow(high / low, index / (steps - 1.0))
                : betas.sigma(betas.time(index));
        sigma[k] = std[k];
        if (!continuous) {
          alpha[k] = tableAlpha[k];
          sigma[k] = tableSigma[k];
        }
      }
      // the model itself is asked for its scales, so any schedule does
      model = MixtureDenoiser.of(betas, mixture);
    }

    double priorStd() {
      return priorStd;
    }

    /** Steps of 1/(2N), so that the last ends above 0: no time here is that of the data itself. */
    TimeGrid grid() {
      double[] grid = new double[steps + 1];
      Arrays.setAll(grid, k -> 1 - k / (2.0 * steps));
      return new TimeGrid(grid);
    }

    private int step(double time) {
      return (int) Math.rint((1 - time) * 2 * steps);
    }

    /** The continuous process; a step of 1/N of their time is one of 1/(2N) of ours. */
    NoiseSchedule marginal() {
      return new Steps(alpha, sigma);
    }

    /** The table along which reverse diffusion and ancestral sampling step. */
    NoiseSchedule table() {
      return new Steps(tableAlpha, tableSigma);
    }

    /** What the correctors read: signal kept by the table, noise scale in continuous time. */
    NoiseSchedule corrected() {
      return new Steps(tableAlpha, std);
    }

    /** The same walk on one of these schedules. */
    Walk seen(Walk walk, NoiseSchedule schedule) {
      return new Walk(denoiser(schedule), schedule, walk.grid(), walk.noise())
          .over(walk.grid(), walk.first());
    }

    /** The model's score as predicted data in terms of a schedule (Tweedie). */
    Denoiser denoiser(NoiseSchedule schedule) {
      return (xt, time) -> {
        evaluations[0]++;
        int k = step(time);
        double variance = sigma[k] * sigma[k];
        Batch score =
            Batch.lincomb(alpha[k] / variance, model.x0(xt, alpha[k], sigma[k]), -1 / variance, xt);
        double scale = schedule.sigma(time) * schedule.sigma(time);
        return new Prediction(
            Batch.lincomb(1 / schedule.alpha(time), xt, scale / schedule.alpha(time), score));
      };
    }

    private final class Steps implements NoiseSchedule {
      private final double[] alphas;
      private final double[] sigmas;

      Steps(double[] alphas, double[] sigmas) {
        this.alphas = alphas;
        this.sigmas = sigmas;
      }

      @Override
      public double alpha(double t) {
        return alphas[step(t)];
      }

      @Override
      public double sigma(double t) {
        return sigmas[step(t)];
      }

      @Override
      public double f(double t) {
        return 2 * f[step(t)];
      }

      @Override
      public double g2(double t) {
        return 2 * g2[step(t)];
      }
    }
  }
}
