package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.sampler.SamplerTable.Row;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every sampler promises, on every schedule, for data whose answer is known exactly. */
class SamplerContractTest {
  private static final double MEAN = 0.3;
  private static final double STD = 0.5;

  /** Errors below this are rounding, and that of the reference. */
  private static final double FLOOR = 1e-8;

  private static final double SHORT_OF_ITS_ORDER = 0.15;

  static Stream<Row> rows() {
    return SamplerTable.rows();
  }

  static Stream<Arguments> rowsOnSchedules() {
    return onSchedules(SamplerTable::rows);
  }

  static Stream<Arguments> deterministicOnSchedules() {
    return onSchedules(SamplerTable::deterministic);
  }

  /** On a table, a flow and an exploding process: drawing many images takes its time. */
  static Stream<Arguments> stochasticOnSomeSchedules() {
    return onSchedules(() -> SamplerTable.stochastic().filter(Row::affine))
        .filter(each -> List.of("linear betas", "rectified flow", "VE").contains(name(each)));
  }

  private static String name(Arguments row) {
    return ((Schedules) row.get()[1]).name();
  }

  static Stream<Arguments> refinedOnSchedules() {
    return onSchedules(() -> SamplerTable.stochastic().filter(Row::affine).filter(Row::refined));
  }

  static Stream<Arguments> adaptiveOnSchedules() {
    return onSchedules(SamplerTable::adaptive);
  }

  private static Stream<Arguments> onSchedules(Supplier<Stream<Row>> rows) {
    return Schedules.all().flatMap(schedule -> rows.get().map(row -> Arguments.of(row, schedule)));
  }

  /** 1: the distance to the exact flow falls at the order that is claimed. */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("deterministicOnSchedules")
  void followsTheFlowOfAMixtureAtTheOrderThatItClaims(Row row, Schedules schedules) {
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    Batch start = Flow.start(schedules);
    Batch exact = Flow.between(model, schedules, start);
    List<Double> errors = new ArrayList<>();
    for (int steps = 16; steps <= 2048; steps *= 2) {
      TimeGrid grid = row.grid(schedules, steps);
      Walk walk = new Walk(model, schedules.schedule(), grid, Noise.keyed());
      double error = Flow.distance(row.sampler().sample(walk, start), exact);
      if (error < FLOOR) {
        break;
      }
      errors.add(error);
    }
    assertThat(errors).as("errors at 16, 32, … steps").hasSizeGreaterThanOrEqualTo(4);
    // three doublings or four: a plan of several orders alternates with the number of steps
    assertThat(Math.max(slope(errors, 3), slope(errors, Math.min(4, errors.size() - 1))))
        .as("slope over the last doublings of %s", errors)
        .isGreaterThan(row.order() - SHORT_OF_ITS_ORDER);
  }

  private static double slope(List<Double> errors, int doublings) {
    int last = errors.size() - 1;
    return Math.log(errors.get(last - doublings) / errors.get(last)) / Math.log(2) / doublings;
  }

  /** 1: the same sampler on the reversed grid leads back. */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("deterministicOnSchedules")
  void encodesOnTheReversedGridWhatItDecodes(Row row, Schedules schedules) {
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    Batch start = Flow.start(schedules);
    double coarse = lostOnTheWayThereAndBack(row, schedules, model, start, 64);
    double fine = lostOnTheWayThereAndBack(row, schedules, model, start, 256);
    assertThat(fine).isLessThan(Math.max(coarse / 2, FLOOR)).isLessThan(0.05 * largest(start));
  }

  private static double lostOnTheWayThereAndBack(
      Row row, Schedules schedules, Denoiser model, Batch start, int steps) {
    TimeGrid grid = row.grid(schedules, steps);
    Walk down = new Walk(model, schedules.schedule(), grid, Noise.keyed());
    Batch data = row.sampler().sample(down, start);
    return Flow.distance(row.sampler().sample(down.over(grid.reversed(), 0), data), start);
  }

  /**
   * 1: a sampler that chooses its steps keeps to its tolerance, in the norm that it controls. One
   * that works in the schedule's time cannot where a table bends between its nodes; there a finer
   * tolerance still pays.
   */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("adaptiveOnSchedules")
  void keepsToItsTolerance(Row row, Schedules schedules) {
    double loose = errorOfTolerance(row, schedules, 1e-3);
    double tight = errorOfTolerance(row, schedules, 1e-5);
    if (row.text().startsWith("rk45") && schedules.schedule() instanceof DiscreteBetas) {
      assertThat(tight).isLessThan(loose / 3);
    } else {
      assertThat(loose).isLessThan(10 * 1e-3);
      assertThat(tight).isLessThan(10 * 1e-5);
    }
  }

  /** Root mean square distance to the exact flow, relative where that is above 1. */
  private static double errorOfTolerance(Row row, Schedules schedules, double tolerance) {
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    Batch start = Flow.start(schedules);
    Batch exact = Flow.between(model, schedules, start);
    Sampler sampler = Samplers.parse(row.text() + ":rtol=" + tolerance + ",atol=" + tolerance);
    Walk walk = new Walk(model, schedules.schedule(), schedules.grid(1), Noise.keyed());
    Batch off = Batch.lincomb(1, sampler.sample(walk, start), -1, exact);
    double sum = Arrays.stream(off.data()).map(x -> x * x).sum();
    return Math.sqrt(sum / off.data().length) / Math.max(1, largest(exact));
  }

  private static double largest(Batch x) {
    return Arrays.stream(x.data()).map(Math::abs).max().orElseThrow();
  }

  /**
   * 2: a chain on Gaussian data is affine in its start and in every normal that it draws: probed
   * with unit inputs, it tells the exact mean and variance of what it makes.
   */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("stochasticOnSomeSchedules")
  void makesImagesOfTheMeanAndVarianceOfItsChain(Row row, Schedules schedules) {
    TimeGrid grid = row.grid(schedules, 6);
    double[] exact = moments(row.sampler(), schedules, grid);
    long[] seeds = LongStream.range(0, 20).toArray();
    int values = 20_000; // independent of each other, those of one image too
    Batch start = Noise.start(seeds, 1, 25, values / seeds.length / 25);
    Walk walk =
        new Walk(gaussian(schedules.schedule()), schedules.schedule(), grid, Noise.keyed(seeds));
    double[] made = row.sampler().sample(walk, distributed(schedules, start)).data();
    double mean = Arrays.stream(made).average().orElseThrow();
    double variance = Arrays.stream(made).map(x -> (x - mean) * (x - mean)).sum() / (values - 1);
    assertThat(mean).isCloseTo(exact[0], within(4 * Math.sqrt(exact[1] / values)));
    assertThat(variance).isCloseTo(exact[1], within(4 * exact[1] * Math.sqrt(2.0 / values)));
  }

  /** 2: the chain's mean and variance go to the data's. */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("refinedOnSchedules")
  void hasTheMomentsOfTheDataInTheLimitAtTheOrderThatItClaims(Row row, Schedules schedules) {
    double[] errors = new double[3];
    for (int i = 0; i < errors.length; i++) {
      double[] chain = moments(row.sampler(), schedules, row.grid(schedules, 128 << i));
      double end = schedules.end();
      double mean = schedules.schedule().alpha(end) * MEAN;
      errors[i] = Math.abs(chain[0] - mean) + Math.abs(chain[1] - variance(schedules, end));
    }
    assertThat(Math.log(errors[0] / errors[2]) / Math.log(2) / 2)
        .as("slope of %s", Arrays.toString(errors))
        .isGreaterThan(row.order() - SHORT_OF_ITS_ORDER);
  }

  /** Mean and variance of the chain's end, exact up to rounding. */
  private static double[] moments(Sampler sampler, Schedules schedules, TimeGrid grid) {
    NoiseSchedule schedule = schedules.schedule();
    UnitNoise unit = new UnitNoise();
    double origin = end(sampler, schedule, grid, unit, new double[] {0})[0];
    double slope = end(sampler, schedule, grid, unit, new double[] {1})[0] - origin;
    double mean = origin + slope * schedule.alpha(grid.time(0)) * MEAN;
    double variance = slope * slope * variance(schedules, grid.time(0));
    unit.begin();
    for (double end : end(sampler, schedule, grid, unit, new double[unit.normals()])) {
      variance += (end - origin) * (end - origin);
    }
    return new double[] {mean, variance};
  }

  private static double[] end(
      Sampler sampler, NoiseSchedule schedule, TimeGrid grid, Noise noise, double[] starts) {
    Batch x = new Batch(starts.length, 1, 1, 1, starts);
    return sampler.sample(new Walk(gaussian(schedule), schedule, grid, noise), x).data();
  }

  /**
   * Noise of which each image has a single one of the independent normals that a chain draws: first
   * it listens which these are, and is silent. Those of intervals are the increments of one
   * Brownian motion, so the independent ones are those between neighbouring ends.
   */
  private static final class UnitNoise implements Noise {
    private final TreeSet<Double> ends = new TreeSet<>();
    private List<Double> clock = List.of();
    private int draws;
    private boolean listening = true;

    void begin() {
      listening = false;
      clock = List.copyOf(ends);
    }

    int normals() {
      return draws + Math.max(0, clock.size() - 1);
    }

    @Override
    public void normals(int draw, int image, double[] out, int from, int count) {
      if (listening) {
        draws = Math.max(draws, draw + 1);
      } else {
        out[from] = image == draw ? 1 : 0;
      }
    }

    @Override
    public Batch between(int draw, double from, double to, Batch like) {
      double first = Math.exp(2 * from);
      double last = Math.exp(2 * to);
      double[] out = new double[like.images()];
      if (listening) {
        ends.addAll(List.of(first, last));
      } else {
        int end = clock.indexOf(last);
        for (int i = clock.indexOf(first); i < end; i++) {
          out[draws + i] = Math.sqrt((clock.get(i + 1) - clock.get(i)) / (last - first));
        }
      }
      return like.with(out);
    }
  }

  /** 3: as many evaluations as it says before it runs. */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("rowsOnSchedules")
  void evaluatesAsOftenAsItPromises(Row row, Schedules schedules) {
    for (int steps : new int[] {1, 2, 3, 7, 11}) {
      for (TimeGrid grid :
          List.of(row.grid(schedules, steps), withoutNoise(row, schedules, steps))) {
        OptionalInt promised = row.sampler().evaluations(grid);
        assertThat(promised.isEmpty()).isEqualTo(row.adaptive());
        assertThat(evaluations(row, schedules, grid))
            .as("on %d steps", grid.steps())
            .isEqualTo(promised.orElseGet(() -> evaluations(row, schedules, grid)));
      }
    }
  }

  private static int evaluations(Row row, Schedules schedules, TimeGrid grid) {
    int[] counted = {0};
    Denoiser counting =
        (xt, t) -> {
          counted[0]++;
          return gaussian(schedules.schedule()).at(xt, t);
        };
    row.sampler()
        .sample(
            new Walk(counting, schedules.schedule(), grid, Noise.keyed(1)), start(schedules, 1));
    return counted[0];
  }

  private static TimeGrid withoutNoise(Row row, Schedules schedules, int steps) {
    double[] times = Arrays.copyOf(row.grid(schedules, steps).times(), steps + 2);
    times[steps + 1] = 0;
    return new TimeGrid(times);
  }

  /** 5: a seed belongs to an image. */
  @ParameterizedTest
  @MethodSource("rows")
  void makesTheSamePixelsForASeedWhateverElseIsInTheBatch(Row row) {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    TimeGrid grid = withoutNoise(row, schedules, 10);
    double[] together = plane(row, schedules, grid, 7, 8, 9);
    double[] two = plane(row, schedules, grid, 9, 7);
    assertThat(Arrays.copyOfRange(two, 0, 2)).isEqualTo(Arrays.copyOfRange(together, 4, 6));
    assertThat(Arrays.copyOfRange(two, 2, 4)).isEqualTo(Arrays.copyOfRange(together, 0, 2));
    assertThat(plane(row, schedules, grid, 8)).isEqualTo(Arrays.copyOfRange(together, 2, 4));
    assertThat(together).doesNotHaveDuplicates();
  }

  private static double[] plane(Row row, Schedules schedules, TimeGrid grid, long... seeds) {
    Walk walk =
        new Walk(
            MixtureDenoiser.of(schedules.schedule(), "plane"),
            schedules.schedule(),
            grid,
            Noise.keyed(seeds));
    return row.sampler().sample(walk, Noise.start(seeds, 2, 1, 1)).data();
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("rowsOnSchedules")
  void endsAtThePredictedDataWhereTheLastTimeIsNoNoise(Row row, Schedules schedules) {
    double[] last = new double[1];
    Denoiser keeping =
        (xt, t) -> {
          Prediction prediction = gaussian(schedules.schedule()).at(xt, t);
          last[0] = prediction.x0().data()[0];
          return prediction;
        };
    TimeGrid grid = withoutNoise(row, schedules, 3);
    Walk walk = new Walk(keeping, schedules.schedule(), grid, Noise.keyed(1));
    assertThat(row.sampler().sample(walk, start(schedules, 1)).data())
        .containsExactly(last, within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void stopsBetweenTwoStepsWhenAskedTo(Row row) {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    Cancellation cancellation = new Cancellation();
    int[] evaluations = {0};
    Denoiser impatient =
        (xt, t) -> {
          if (++evaluations[0] == 5) {
            cancellation.cancel();
          }
          return gaussian(schedules.schedule()).at(xt, t);
        };
    Walk walk =
        new Walk(impatient, schedules.schedule(), row.grid(schedules, 40), Noise.keyed(1))
            .cancellation(cancellation);
    assertThatThrownBy(() -> row.sampler().sample(walk, start(schedules, 1)))
        .isInstanceOf(CancellationException.class);
    assertThat(evaluations[0]).isBetween(5, 12);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void namesTheStepInWhichTheModelBreaksDown(Row row) {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    int[] evaluations = {0};
    Denoiser broken =
        (xt, t) ->
            ++evaluations[0] < 5
                ? gaussian(schedules.schedule()).at(xt, t)
                : new Prediction(xt.times(Double.NaN), xt.times(Double.NaN));
    Walk walk = new Walk(broken, schedules.schedule(), row.grid(schedules, 40), Noise.keyed(1));
    assertThatThrownBy(() -> row.sampler().sample(walk, start(schedules, 1)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageMatching("illegal state: image 0 is not finite after step \\d+, at t = .*");
  }

  /** The exact model of one Gaussian, with variance channels. */
  private static Denoiser gaussian(NoiseSchedule schedule) {
    return (xt, t) -> {
      double signal = schedule.alpha(t) * STD;
      double noise = schedule.sigma(t);
      double gain = signal * STD / (signal * signal + noise * noise);
      double away = MEAN * (1 - gain * schedule.alpha(t));
      double[] x0 = Arrays.stream(xt.data()).map(x -> away + gain * x).toArray();
      return new Prediction(xt.with(x0), xt.times(0));
    };
  }

  private static double variance(Schedules schedules, double t) {
    double signal = schedules.schedule().alpha(t) * STD;
    return signal * signal + schedules.schedule().sigma(t) * schedules.schedule().sigma(t);
  }

  private static Batch start(Schedules schedules, long... seeds) {
    return distributed(schedules, Noise.start(seeds, 1, 1, 1));
  }

  /** Standard normal values as x_t is distributed at the start. */
  private static Batch distributed(Schedules schedules, Batch z) {
    double scale = Math.sqrt(variance(schedules, schedules.start()));
    double mean = schedules.schedule().alpha(schedules.start()) * MEAN;
    return z.with(Arrays.stream(z.data()).map(value -> mean + scale * value).toArray());
  }
}
