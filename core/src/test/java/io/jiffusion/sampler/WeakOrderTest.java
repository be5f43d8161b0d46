package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Prediction;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.sampler.SamplerTable.Row;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a stochastic sampler makes of data that are not Gaussian: every value is drawn from one
 * mixture of two, whose exact denoiser is the model, and moments of what is made are compared with
 * the mixture's.
 */
class WeakOrderTest {
  private static final double[] WEIGHTS = {0.35, 0.65};
  private static final double[] MEANS = {-0.9, 0.5};
  private static final double[] STDS = {0.2, 0.35};

  private static final int IMAGES = 20;
  private static final int VALUES = 1000; // of an image, independent of each other

  /** Mean, size, tails, and on which side: all that two Gaussians could have differently. */
  private static final List<DoubleUnaryOperator> MOMENTS =
      List.of(x -> x, x -> x * x, x -> x * x * x * x, x -> Math.tanh(4 * x));

  /** What chance makes of the sum of the moments' errors in so many values, rarely exceeded. */
  private static final double CHANCE = 0.05;

  private static final double SHORT_OF_ITS_ORDER = 0.4;

  static Stream<Arguments> refinedOnSomeSchedules() {
    return Schedules.all()
        .filter(schedules -> List.of("VP", "rectified flow").contains(schedules.name()))
        .flatMap(
            schedules ->
                SamplerTable.stochastic()
                    .filter(Row::refined)
                    .map(row -> Arguments.of(row, schedules)));
  }

  /**
   * From 16 to 64 steps: before, the steps are too long; later, chance is larger than the error.
   */
  @Tag("long")
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("refinedOnSomeSchedules")
  void hasTheMomentsOfAMixtureInTheLimitAtTheOrderThatItClaims(Row row, Schedules schedules) {
    double coarse = error(row, schedules, 16);
    double fine = error(row, schedules, 64);
    double most = coarse * Math.pow(4, SHORT_OF_ITS_ORDER - row.order());
    assertThat(fine)
        .as("error of 64 steps, of 16 it is %s", coarse)
        .isLessThan(Math.max(CHANCE, most));
    assertThat(fine).isLessThan(0.2);
  }

  private static double error(Row row, Schedules schedules, int steps) {
    NoiseSchedule schedule = schedules.schedule();
    long[] seeds = LongStream.range(0, IMAGES).toArray();
    Walk walk =
        new Walk(mixture(schedule), schedule, row.grid(schedules, steps), Noise.keyed(seeds));
    double[] made = sampler(row, schedule).sample(walk, drawn(schedule, schedules.start())).data();
    double error = 0;
    for (DoubleUnaryOperator moment : MOMENTS) {
      double seen = Arrays.stream(made).map(moment).average().orElseThrow();
      error += Math.abs(seen - exact(schedule, schedules.end(), moment));
    }
    return error;
  }

  /** Of the list, but with the variance of this model where that is measured. */
  private static Sampler sampler(Row row, NoiseSchedule schedule) {
    if (!row.text().equals("analytic-ddpm")) {
      return row.sampler();
    }
    OptimalVariance.Measurement measurement = new OptimalVariance.Measurement(schedule, 50, 1);
    measurement.add(mixture(schedule), drawn(schedule, 0));
    return new Ancestral(measurement.result());
  }

  /** Values as x_t is distributed. */
  private static Batch drawn(NoiseSchedule schedule, double t) {
    double[] x = new double[IMAGES * VALUES];
    new Key(1, 0, Purpose.TOY).normals(x, 0, x.length);
    for (int i = 0; i < x.length; i++) {
      int k = i < WEIGHTS[0] * x.length ? 0 : 1; // the order of values does not matter
      x[i] = schedule.alpha(t) * MEANS[k] + Math.sqrt(variance(schedule, t, k)) * x[i];
    }
    return new Batch(IMAGES, 1, 1, VALUES, x);
  }

  private static double variance(NoiseSchedule schedule, double t, int k) {
    return Math.pow(schedule.alpha(t) * STDS[k], 2) + Math.pow(schedule.sigma(t), 2);
  }

  /** The expectation of x_t, by the trapezoid rule, which is exact here to all digits. */
  private static double exact(NoiseSchedule schedule, double t, DoubleUnaryOperator moment) {
    double sum = 0;
    for (int k = 0; k < 2; k++) {
      double std = Math.sqrt(variance(schedule, t, k));
      for (int i = -1000; i <= 1000; i++) {
        double z = i / 100.0;
        double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / 100;
        sum += WEIGHTS[k] * density * moment.applyAsDouble(schedule.alpha(t) * MEANS[k] + std * z);
      }
    }
    return sum;
  }

  /** The exact model, with variance channels. */
  private static Denoiser mixture(NoiseSchedule schedule) {
    return (xt, t) -> {
      double alpha = schedule.alpha(t);
      double[] variances = {variance(schedule, t, 0), variance(schedule, t, 1)};
      double[] x0 = xt.data().clone();
      for (int i = 0; i < x0.length; i++) {
        double[] logs = new double[2];
        double[] means = new double[2];
        for (int k = 0; k < 2; k++) {
          double off = x0[i] - alpha * MEANS[k];
          logs[k] = Math.log(WEIGHTS[k] / Math.sqrt(variances[k])) - off * off / variances[k] / 2;
          means[k] = MEANS[k] + alpha * STDS[k] * STDS[k] / variances[k] * off;
        }
        double share = 1 / (1 + Math.exp(logs[1] - logs[0]));
        x0[i] = share * means[0] + (1 - share) * means[1];
      }
      return new Prediction(xt.with(x0), xt.times(0));
    };
  }

  /**
   * A Langevin step of score {@code −x/v} has the length {@code ε = 2 snr²·|z|²/|score|²}, here
   * {@code 2 snr²·v²/V}, and keeps the variance V for which {@code V = (1 − ε/v)²·V + 2ε}, that is
   * {@code v·(1 + snr²)}: the more steps, the nearer to that, never to v.
   */
  @ParameterizedTest
  @CsvSource({"0.16", "0.32"})
  void predictorCorrectorsVarianceStaysOffByTheSquareOfItsRatio(double snr) {
    Schedules schedules =
        Schedules.all().filter(each -> each.name().equals("VP")).findFirst().orElseThrow();
    NoiseSchedule schedule = schedules.schedule();
    double std = 0.5;
    Denoiser gaussian =
        (xt, t) -> {
          double signal = schedule.alpha(t) * std;
          double noise = schedule.sigma(t);
          return new Prediction(xt.times(signal * std / (signal * signal + noise * noise)));
        };
    long[] seeds = LongStream.range(0, 16).toArray();
    TimeGrid grid = schedules.grid(256);
    int values = 16 * 2000;
    for (String text : List.of("pc:snr=" + snr, "pc:predictor=ddpm,snr=" + snr)) {
      Walk walk = new Walk(gaussian, schedule, grid, Noise.keyed(seeds));
      double[] made = Samplers.parse(text).sample(walk, Noise.start(seeds, 1, 40, 50)).data();
      double t = schedules.end();
      double exact = Math.pow(schedule.alpha(t) * std, 2) + Math.pow(schedule.sigma(t), 2);
      double share = Arrays.stream(made).map(x -> x * x).average().orElseThrow() / exact;
      assertThat(share).isCloseTo(1 + snr * snr, within(4 * Math.sqrt(2.0 / values)));
    }
    assertThat(Samplers.method("pc").order()).isEqualTo("biased");
  }
}
