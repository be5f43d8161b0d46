package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class NoiseScheduleTest {

  /** A schedule of which only alpha and sigma are known: all else is the interface's own. */
  private record Plain(NoiseSchedule of) implements NoiseSchedule {
    @Override
    public double alpha(double t) {
      return of.alpha(t);
    }

    @Override
    public double sigma(double t) {
      return of.sigma(t);
    }
  }

  private static double[] times(Schedules schedules) {
    double least = schedules.schedule().trainingRange().min();
    return IntStream.rangeClosed(0, 40)
        .mapToDouble(i -> schedules.start() * Math.pow(least / schedules.start(), i / 40.0))
        .map(t -> Math.min(0.999, t))
        .toArray();
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void findsTheTimeOfItsHalfLogSnrAsBisectionDoes(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    NoiseSchedule plain = new Plain(schedule);
    for (double t : times(schedules)) {
      double lambda = schedule.lambda(t);
      assertThat(lambda).isCloseTo(plain.lambda(t), within(1e-9));
      assertThat(schedule.noiseLevel(t)).isCloseTo(Math.exp(-lambda), within(1e-9 / t));
      assertThat(schedule.timeOf(lambda)).isCloseTo(t, within(1e-12 * t + 1e-15));
      assertThat(plain.timeOf(plain.lambda(t))).isCloseTo(t, within(1e-9 * t + 1e-9 / 10));
    }
    TimeRange range = schedule.range();
    assertThat(range.max()).isGreaterThanOrEqualTo(schedules.start());
    assertThat(schedule.trainingRange().min()).isLessThanOrEqualTo(range.min());
    assertThat(range.min()).isLessThanOrEqualTo(schedules.end());
  }

  /** As a float, as text of six digits, as what arithmetic made of it. */
  static DoubleStream written(double end) {
    return DoubleStream.of(
        end,
        (float) end,
        Math.nextDown((float) end),
        Math.nextUp((float) end),
        Double.parseDouble(String.format(Locale.ROOT, "%.5e", end)),
        Math.nextUp(end),
        Math.nextDown(end));
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void takesItsOwnEndsHoweverTheyAreWritten(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    NoiseSchedule plain = new Plain(schedule);
    TimeRange range = schedule.range();
    for (double end : new double[] {0, range.min(), range.max(), 1}) {
      double level = schedule.noiseLevel(end);
      if (level > 0 && level < 1e6) {
        written(level)
            .map(n -> -Math.log(n))
            .forEach(
                lambda -> {
                  assertThat(schedule.timeOf(lambda)).isBetween(0.0, 1.0);
                  assertThat(schedule.lambda(schedule.timeOf(lambda)))
                      .isCloseTo(schedule.lambda(end), within(2e-5));
                  assertThat(plain.lambda(plain.timeOf(lambda)))
                      .isCloseTo(schedule.lambda(end), within(2e-5));
                });
      }
    }
    assertThat(schedule.alpha(Math.nextUp(1.0))).isEqualTo(schedule.alpha(1), within(1e-9));
  }

  @Test
  void refusesALevelBeyondItsEnds() {
    assertThatThrownBy(() -> new VarianceExploding(0.01, 50).timeOf(-Math.log(0.0099)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("illegal half log-SNR: 4.61.*, must be from -3.91.* to 4.60.*");
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void growsItsVarianceAsDriftAndDiffusionSay(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    double h = 1e-6;
    for (int i = 1; i < 40; i++) {
      double t = (i + 0.4321) / 1000 * (i < 20 ? 1 : 20); // inside an interval of every table
      double growth =
          (Math.pow(schedule.sigma(t + h), 2) - Math.pow(schedule.sigma(t - h), 2)) / (2 * h);
      double decay = (Math.log(schedule.alpha(t + h)) - Math.log(schedule.alpha(t - h))) / (2 * h);
      double variance = Math.pow(schedule.sigma(t), 2);
      double f = schedule.f(t);
      assertThat(f).isCloseTo(decay, within(1e-6 * Math.max(1, Math.abs(decay))));
      assertThat(2 * f * variance + schedule.g2(t))
          .isCloseTo(growth, within(1e-6 * Math.max(1, Math.abs(growth))));
    }
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void differentiatesASmoothScheduleByItself(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    if (schedule instanceof DiscreteBetas) {
      return; // piecewise
    }
    NoiseSchedule plain = new Plain(schedule);
    for (double t : new double[] {0, 1e-9, 1e-4, 1e-3, 2.5e-3, 0.02, 0.3, 0.9, 0.99, 0.994}) {
      double f = schedule.f(t);
      double g2 = schedule.g2(t);
      assertThat(plain.f(t)).as("f %s", t).isCloseTo(f, within(1e-8 * Math.max(1, Math.abs(f))));
      assertThat(plain.g2(t)).as("g² %s", t).isCloseTo(g2, within(1e-8 * Math.max(1, g2)));
    }
    assertThat(plain.range()).isEqualTo(plain.trainingRange()).isEqualTo(new TimeRange(1e-3, 1));
  }

  @Test
  void hasInfiniteDriftWhereNoSignalIsLeft() {
    for (NoiseSchedule schedule :
        new NoiseSchedule[] {
          new RectifiedFlow(), new Plain(new RectifiedFlow()), DiscreteBetas.jsd(9)
        }) {
      assertThat(schedule.f(1)).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(schedule.g2(1)).isEqualTo(Double.POSITIVE_INFINITY);
    }
  }

  @Test
  void hasTheDriftOfTheIntervalThatEndsAtANodeOfATable() {
    DiscreteBetas betas = DiscreteBetas.of(0.1, 0.5, 0.2);
    double[] expected = {Math.log(0.9), Math.log(0.9), Math.log(0.5), Math.log(0.8)};
    for (int node = 0; node <= 3; node++) {
      assertThat(betas.f(node / 3.0)).isCloseTo(1.5 * expected[node], within(1e-14));
    }
    assertThat(betas.f(0.5)).isCloseTo(1.5 * Math.log(0.5), within(1e-14));
  }

  @ParameterizedTest
  @CsvSource({"1e-12", "1e-9", "1e-5"})
  void knowsSigmaWithoutCancellationNextToTheData(double t) {
    double integral = 0.1 * t + 9.95 * t * t;
    double exact = integral * (1 - integral / 2 + integral * integral / 6); // 1 − e^−integral
    assertThat(new SubVariancePreserving(0.1, 20).sigma(t)).isCloseTo(exact, within(1e-14 * exact));
    assertThat(new VariancePreserving(0.1, 20).sigma(t))
        .isCloseTo(Math.sqrt(exact), within(1e-14 * Math.sqrt(exact)));
    double rate = Math.PI / 2 / 1.008 * t;
    double tan = Math.tan(Math.PI / 2 * 0.008 / 1.008);
    double cosine = rate * rate * (1 - tan * tan) + 2 * tan * (rate - 2 * rate * rate * rate / 3);
    assertThat(new ContinuousCosine().sigma(t))
        .isCloseTo(Math.sqrt(cosine), within(1e-12 * Math.sqrt(cosine)));
  }

  @Test
  void equalsScoreSde() {
    Map<String, Array> peer = Fixtures.tensors("schedules/sde.safetensors");
    JsonNode options = Fixtures.json("schedules/sde.json");
    int steps = options.get("vp").get("N").asInt();
    double betaMin = options.get("vp").get("beta_min").asDouble();
    double betaMax = options.get("vp").get("beta_max").asDouble();
    double sigmaMin = options.get("ve").get("sigma_min").asDouble();
    double sigmaMax = options.get("ve").get("sigma_max").asDouble();
    NoiseSchedule vp = new VariancePreserving(betaMin, betaMax);
    NoiseSchedule subVp = new SubVariancePreserving(betaMin, betaMax);
    NoiseSchedule ve = new VarianceExploding(sigmaMin, sigmaMax);
    equalsScoreSde(peer, "vp", vp);
    equalsScoreSde(peer, "subvp", subVp);
    equalsScoreSde(peer, "ve", ve);

    // VP and VE in N steps are a table of betas and a geometric one of sigmas
    DiscreteBetas betas = DiscreteBetas.linear(steps, betaMin / steps, betaMax / steps);
    for (int i = 0; i < steps; i++) {
      same(betas.beta(i), peer.get("vp.discrete_betas").values()[i]);
      same(betas.alphaBar(i), peer.get("vp.alphas_cumprod").values()[i]);
      same(ve.sigma(i / (steps - 1.0)), peer.get("ve.discrete_sigmas").values()[i]);
    }
    double[] times = peer.get("t").values();
    for (int i = 0; i < times.length; i++) {
      int index = (int) (times[i] * (steps - 1));
      same(Math.sqrt(1 - betas.beta(index)) - 1, peer.get("vp.discrete_f").values()[i]);
      same(Math.sqrt(betas.beta(index)), peer.get("vp.discrete_g").values()[i]);
      same(subVp.f(times[i]) / steps, peer.get("subvp.discrete_f").values()[i]);
      same(Math.sqrt(subVp.g2(times[i]) / steps), peer.get("subvp.discrete_g").values()[i]);
      double sigma = ve.sigma(index / (steps - 1.0));
      double before = index == 0 ? 0 : ve.sigma((index - 1) / (steps - 1.0));
      same(0, peer.get("ve.discrete_f").values()[i]);
      same(Math.sqrt(sigma * sigma - before * before), peer.get("ve.discrete_g").values()[i]);
    }
  }

  private static void equalsScoreSde(Map<String, Array> peer, String name, NoiseSchedule schedule) {
    double[] times = peer.get("t").values();
    for (int i = 0; i < times.length; i++) {
      same(schedule.alpha(times[i]), peer.get(name + ".mean").values()[i]);
      same(schedule.sigma(times[i]), peer.get(name + ".std").values()[i]);
      same(schedule.f(times[i]), peer.get(name + ".drift").values()[i]);
      same(Math.sqrt(schedule.g2(times[i])), peer.get(name + ".diffusion").values()[i]);
    }
    // the density of the prior, at priorStd times these numbers
    Array z = peer.get("prior_z");
    double std = schedule.priorStd();
    for (int image = 0; image < z.shape()[0]; image++) {
      double log = 0;
      for (double value : z.row(image)) {
        log -= 0.5 * value * value + Math.log(std * Math.sqrt(2 * Math.PI));
      }
      same(log, peer.get(name + ".prior_logp").values()[image]);
    }
  }

  private static void same(double ours, double theirs) {
    assertThat(ours).isCloseTo(theirs, within(1e-9 * Math.max(1e-6, Math.abs(theirs))));
  }

  @Test
  void namesTheIllegalValueAndTheRule() {
    assertThatThrownBy(() -> new VariancePreserving(20, 0.1))
        .hasMessage(
            "illegal betas: from 20.0 to 0.1, must be from 0 or more to no less, and end above 0");
    assertThatThrownBy(() -> new Edm(0, 80))
        .hasMessage("illegal noise levels: from 0.0 to 80.0, must be above 0 and ascending");
    assertThatThrownBy(() -> new VarianceExploding(0.01, 50).timeOf(5))
        .hasMessageStartingWith("illegal half log-SNR: 5.0, must be from -3.9")
        .hasMessageEndingWith(" to 4.605170185988091");
    assertThatThrownBy(() -> new TimeRange(0, 1))
        .hasMessage(
            "illegal range of times: from 0.0 to 1.0, must be above 0, not descending, and at most 1");
  }

  @Test
  void acceptsEveryHalfLogSnrUpToItsEnds() {
    for (NoiseSchedule schedule :
        new NoiseSchedule[] {
          new VariancePreserving(0.1, 20),
          new VariancePreserving(0, 7),
          new VariancePreserving(3, 3),
          new SubVariancePreserving(0.1, 20),
          new VarianceExploding(0.01, 50),
          new Edm(0.002, 80),
          new RectifiedFlow(),
          new ContinuousCosine(),
          DiscreteBetas.of(0.5)
        }) {
      assertThat(schedule.timeOf(schedule.lambda(1))).isCloseTo(1, within(1e-12));
      assertThat(schedule.timeOf(schedule.lambda(0))).isCloseTo(0, within(1e-12));
    }
  }
}
