package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Prediction;
import io.jiffusion.sampler.Ancestral.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every sampler promises, on every schedule, for data whose answer is known exactly. */
class SamplerContractTest {
  private static final double MEAN = 0.3;
  private static final double STD = 0.5;

  static Stream<Sampler> samplers() {
    return Stream.of(
        new Ancestral(Variance.SMALL),
        new Ancestral(Variance.LARGE),
        new Ancestral(Variance.LEARNED_RANGE),
        new Ddim(0),
        new Ddim(0.5),
        new Ddim(1),
        new Ddim(1, true, true),
        new Ddim(0.2, false, false));
  }

  static Stream<Schedules> schedules() {
    return Schedules.all();
  }

  static Stream<Arguments> samplersOnSchedules() {
    return samplers()
        .flatMap(sampler -> schedules().map(schedule -> Arguments.of(sampler, schedule)));
  }

  /** The exact model, with variance channels. */
  private static Denoiser gaussian(NoiseSchedule schedule) {
    MixtureDenoiser model = MixtureDenoiser.gaussian(schedule, MEAN, STD);
    return (xt, t) -> new Prediction(model.at(xt, t).x0(), xt.with(new double[xt.data().length]));
  }

  private static Batch start(NoiseSchedule schedule, double t, long... seeds) {
    double alpha = schedule.alpha(t);
    double scale = Math.sqrt(alpha * alpha * STD * STD + schedule.sigma(t) * schedule.sigma(t));
    Batch z = Noise.start(seeds, 1, 1, 1);
    return z.with(
        Arrays.stream(z.data())
            .map(value -> alpha * MEAN + scale * value)
            .toArray()); // distributed as x_t is
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void reachesTheExactAnswerAtFirstOrder(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    Batch start = start(schedule, schedules.start(), 1, 2, 3, 4, 5, 6, 7, 8);
    double[] exact =
        start.data().clone(); // the probability flow of a Gaussian is linear in the state
    for (int i = 0; i < exact.length; i++) {
      exact[i] =
          schedule.alpha(schedules.end()) * MEAN
              + (exact[i] - schedule.alpha(schedules.start()) * MEAN)
                  * std(schedule, schedules.end())
                  / std(schedule, schedules.start());
    }
    double coarse =
        error(
            new Ddim(0),
            schedules,
            MixtureDenoiser.gaussian(schedule, MEAN, STD),
            start,
            exact,
            64);
    double fine =
        error(
            new Ddim(0),
            schedules,
            MixtureDenoiser.gaussian(schedule, MEAN, STD),
            start,
            exact,
            128);
    assertThat(coarse).isLessThan(0.1);
    assertThat(Math.log(coarse / fine) / Math.log(2)).isCloseTo(1, within(0.12));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void followsTheFlowOfAMixtureAtFirstOrder(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    MixtureDenoiser model = MixtureDenoiser.of(schedule, "plane");
    Batch z = Noise.start(new long[] {1, 2, 3, 4}, 2, 1, 1);
    Batch start = Batch.lincomb(schedule.sigma(schedules.start()), z, 0, z);
    double[] exact = flow(model, schedules, start).data();
    double coarse = error(new Ddim(0), schedules, model, start, exact, 256);
    double fine = error(new Ddim(0), schedules, model, start, exact, 512);
    assertThat(coarse).isLessThan(0.1);
    assertThat(Math.log(coarse / fine) / Math.log(2)).isCloseTo(1, within(0.15));
  }

  private static double std(NoiseSchedule schedule, double t) {
    double signal = schedule.alpha(t) * STD;
    return Math.sqrt(signal * signal + schedule.sigma(t) * schedule.sigma(t));
  }

  private static double error(
      Sampler sampler,
      Schedules schedules,
      Denoiser model,
      Batch start,
      double[] exact,
      int steps) {
    Walk walk = new Walk(model, schedules.schedule(), schedules.grid(steps), Noise.keyed());
    double[] reached = sampler.sample(walk, start).data();
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      largest = Math.max(largest, Math.abs(reached[i] - exact[i]));
    }
    return largest;
  }

  /**
   * Runge-Kutta in y = x/alpha over half log-SNR, where the probability flow is {@code dy/dλ = x̂0
   * − y}.
   */
  private static Batch flow(MixtureDenoiser model, Schedules schedules, Batch start) {
    NoiseSchedule schedule = schedules.schedule();
    double lambda = schedule.lambda(schedules.start());
    int steps = 2000;
    double h = (schedule.lambda(schedules.end()) - lambda) / steps;
    Batch y = Batch.lincomb(1 / schedule.alpha(schedules.start()), start, 0, start);
    for (int k = 0; k < steps; k++, lambda += h) {
      Batch k1 = slope(model, y, lambda);
      Batch k2 = slope(model, Batch.lincomb(1, y, h / 2, k1), lambda + h / 2);
      Batch k3 = slope(model, Batch.lincomb(1, y, h / 2, k2), lambda + h / 2);
      Batch k4 = slope(model, Batch.lincomb(1, y, h, k3), lambda + h);
      y = Batch.lincomb(1, Batch.lincomb(1, y, h / 6, k1, h / 3, k2), h / 3, k3, h / 6, k4);
    }
    return Batch.lincomb(schedule.alpha(schedules.end()), y, 0, y);
  }

  private static Batch slope(MixtureDenoiser model, Batch y, double lambda) {
    return Batch.lincomb(1, model.x0(y, 1, Math.exp(-lambda)), -1, y);
  }

  /**
   * A chain on Gaussian data is linear, so the mean and variance of what it makes follow by
   * recursion.
   */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("samplersOnSchedules")
  void makesImagesOfTheMeanAndVarianceThatFollowFromThePaper(Sampler sampler, Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    TimeGrid grid = schedules.grid(6);
    double mean = schedule.alpha(grid.time(0)) * MEAN;
    double variance = std(schedule, grid.time(0)) * std(schedule, grid.time(0));
    for (int k = 0; k < grid.steps(); k++) {
      double at = schedule.alpha(grid.time(k));
      double st = schedule.sigma(grid.time(k));
      double as = schedule.alpha(grid.time(k + 1));
      double ss = schedule.sigma(grid.time(k + 1));
      double beta = st * st - at * at / (as * as) * ss * ss;
      double small = beta * ss * ss / (st * st);
      double gain =
          at * STD * STD / (at * at * STD * STD + st * st); // x̂0 = MEAN + gain·(x_t − at·MEAN)
      double eta = sampler instanceof Ddim ddim ? ddim.eta() : 1;
      double direction = Math.sqrt(ss * ss - eta * eta * small);
      double factor = as * gain + direction * (1 - at * gain) / st;
      double added =
          sampler instanceof Ddim ddim
              ? (ddim.sigmaHat() ? beta : eta * eta * small)
              : ((Ancestral) sampler).variance() == Variance.SMALL
                  ? small
                  : ((Ancestral) sampler).variance() == Variance.LARGE
                      ? beta
                      : Math.sqrt(small * beta);
      mean = as * MEAN + factor * (mean - at * MEAN);
      variance = factor * factor * variance + added;
    }
    int images = 20_000;
    long[] seeds = LongStream.range(0, images).toArray();
    Walk walk = new Walk(gaussian(schedule), schedule, grid, Noise.keyed(seeds));
    double[] made = sampler.sample(walk, start(schedule, grid.time(0), seeds)).data();
    double seen = Arrays.stream(made).average().orElseThrow();
    double spread = Arrays.stream(made).map(x -> (x - seen) * (x - seen)).sum() / (images - 1);
    assertThat(seen).isCloseTo(mean, within(4 * Math.sqrt(variance / images)));
    assertThat(spread).isCloseTo(variance, within(4 * variance * Math.sqrt(2.0 / images)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("samplersOnSchedules")
  void evaluatesAsOftenAsItPromises(Sampler sampler, Schedules schedules) {
    int[] evaluations = {0};
    Denoiser counting =
        (xt, t) -> {
          evaluations[0]++;
          return gaussian(schedules.schedule()).at(xt, t);
        };
    for (int steps : new int[] {1, 2, 7}) {
      evaluations[0] = 0;
      TimeGrid grid = schedules.grid(steps);
      sampler.sample(
          new Walk(counting, schedules.schedule(), grid, Noise.keyed(1)),
          start(schedules.schedule(), grid.time(0), 1));
      assertThat(evaluations[0])
          .isEqualTo(sampler.evaluations(grid).orElseThrow())
          .isEqualTo(steps);
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void makesTheSamePixelsForASeedWhateverElseIsInTheBatch(Sampler sampler) {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    TimeGrid grid = TimeGrid.of(100, Respacing.uniform(100, 10));
    double[] together = sample(sampler, betas, grid, 7, 8, 9);
    assertThat(sample(sampler, betas, grid, 9, 7)).containsExactly(together[2], together[0]);
    assertThat(sample(sampler, betas, grid, 8)).containsExactly(together[1]);
    assertThat(together).doesNotHaveDuplicates();
  }

  private static double[] sample(
      Sampler sampler, NoiseSchedule schedule, TimeGrid grid, long... seeds) {
    return sampler
        .sample(
            new Walk(gaussian(schedule), schedule, grid, Noise.keyed(seeds)),
            Noise.start(seeds, 1, 1, 1))
        .data();
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void endsAtThePredictedDataAndDrawsNoNoiseForIt(Sampler sampler) {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    Noise none =
        (k, image, out, from, count) -> {
          throw new AssertionError("noise was drawn");
        };
    Batch x = Noise.start(new long[] {1, 2}, 1, 1, 1);
    Walk walk = new Walk(gaussian(betas), betas, TimeGrid.of(100, 60), none);
    assertThat(sampler.sample(walk, x).data()).isEqualTo(gaussian(betas).at(x, 0.61).x0().data());
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void isAncestralSamplingForEtaOneAndForSigmaHat(Schedules schedules) {
    long[] seeds = {1, 2, 3};
    Walk walk =
        new Walk(
            gaussian(schedules.schedule()),
            schedules.schedule(),
            schedules.grid(9),
            Noise.keyed(seeds));
    Batch x = start(schedules.schedule(), schedules.start(), seeds);
    assertThat(new Ddim(1).sample(walk, x).data())
        .containsExactly(new Ancestral(Variance.SMALL).sample(walk, x).data(), within(1e-9));
    assertThat(new Ddim(1, true, true).sample(walk, x).data())
        .containsExactly(new Ancestral(Variance.LARGE).sample(walk, x).data(), within(1e-9));
  }

  @Test
  void drawsNoNoiseWhereEtaIsZero() {
    DiscreteBetas betas = DiscreteBetas.cosine(100);
    Noise none =
        (k, image, out, from, count) -> {
          throw new AssertionError("noise was drawn");
        };
    TimeGrid grid = TimeGrid.of(100, Respacing.uniform(100, 10));
    assertThat(
            new Ddim(0)
                .sample(
                    new Walk(gaussian(betas), betas, grid, none),
                    Noise.start(new long[] {1}, 1, 1, 1))
                .data())
        .hasSize(1);
  }

  @Test
  void startsWhereThereIsNoSignal() {
    DiscreteBetas jsd = DiscreteBetas.jsd(50);
    TimeGrid grid = TimeGrid.of(50, Respacing.trailing(50, 10));
    for (Sampler sampler : samplers().toList()) {
      assertThat(sample(sampler, jsd, grid, 1, 2, 3)).doesNotContain(Double.NaN);
    }
  }

  @Test
  void takesTheNoiseFromClippedDataOrFromTheNetworkAsToldTo() {
    DiscreteBetas betas = DiscreteBetas.linear(1000, 1e-4, 0.02);
    TimeGrid grid = new TimeGrid(new double[] {0.5, 0.4});
    double at = betas.alpha(0.5);
    double st = betas.sigma(0.5);
    double x = 3;
    double x0 = 1.7; // predicted by this network, outside of images
    Walk walk =
        new Walk(
            new Clip((xt, t) -> new Prediction(xt.with(new double[] {x0}))),
            betas,
            grid,
            Noise.keyed(1));
    Batch state = new Batch(1, 1, 1, 1, new double[] {x});
    assertThat(new Ddim(0, false, true).sample(walk, state).data()[0])
        .isCloseTo(betas.alpha(0.4) + betas.sigma(0.4) * (x - at) / st, within(1e-12));
    assertThat(new Ddim(0, false, false).sample(walk, state).data()[0])
        .isCloseTo(betas.alpha(0.4) + betas.sigma(0.4) * (x - at * x0) / st, within(1e-12));
  }

  @Test
  void allowsEtaUpToTheNoiseThatAStepMayAdd() {
    DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 1000));
    double largest = Ddim.largestEta(betas, grid);
    assertThat(largest).isGreaterThan(1);
    assertThat(sample(new Ddim(largest), betas, grid, 1)).doesNotContain(Double.NaN);
    assertThatThrownBy(() -> sample(new Ddim(largest * 1.01), betas, grid, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal eta: "
                + largest * 1.01
                + ", must be at most "
                + largest
                + " on these 1000 steps");
  }

  @Test
  void refusesSenselessChoices() {
    assertThatThrownBy(() -> new Ddim(-0.1))
        .hasMessage("illegal eta: -0.1, must be 0 or more; 0 is deterministic, 1 is DDPM's noise");
    assertThatThrownBy(() -> new Ddim(0.5, true, true))
        .hasMessage("illegal eta: 0.5 with sigma-hat, must be 1, whose mean sigma-hat keeps");
    DiscreteBetas betas = DiscreteBetas.cosine(10);
    Walk walk =
        new Walk(
            MixtureDenoiser.gaussian(betas, MEAN, STD),
            betas,
            new TimeGrid(new double[] {0.9, 0.5}),
            Noise.keyed(1));
    assertThatThrownBy(
            () ->
                new Ancestral(Variance.LEARNED).sample(walk, Noise.start(new long[] {1}, 1, 1, 1)))
        .hasMessage(
            "illegal variance: LEARNED for a model that has learned none, must be SMALL or LARGE");
  }
}
