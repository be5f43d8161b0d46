package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.process.Variance;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Known parts of images, on pairs of correlated pixels: what the other one must be is known. */
class InpaintingTest {
  private static final double CORRELATION = 0.9;
  private static final Noise NO_NOISE =
      (k, image, out, from, count) -> Arrays.fill(out, from, from + count, 0);

  private final DiscreteBetas betas = DiscreteBetas.rescaledLinear(1000);
  private final Batch left = new Batch(1, 1, 1, 2, new double[] {1, 0});

  /** Two pixels, each standard normal. */
  private static Denoiser pair(NoiseSchedule schedule) {
    return (xt, t) -> {
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      double[] x0 = new double[xt.data().length];
      for (int i = 0; i < x0.length; i += 2) { // sum and difference are independent
        double sum = xt.data()[i] + xt.data()[i + 1];
        double difference = xt.data()[i] - xt.data()[i + 1];
        double a = alpha * (1 + CORRELATION);
        double b = alpha * (1 - CORRELATION);
        double s = a / (alpha * a + sigma * sigma) * sum;
        double d = b / (alpha * b + sigma * sigma) * difference;
        x0[i] = (s + d) / 2;
        x0[i + 1] = (s - d) / 2;
      }
      return new Prediction(xt.with(x0));
    };
  }

  /** The mean of what is made, which for Gaussian data is what is made without noise. */
  private double mean(int steps, int jump, int times) {
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, steps));
    Batch known = new Batch(1, 1, 1, 2, new double[] {1.5, Double.NaN});
    Walk walk =
        new Walk(pair(betas), betas, grid, NO_NOISE)
            .constraint(
                new ReplacementConstraint(
                    known, ReplacementConstraint.pixels(left), betas, NO_NOISE));
    Batch made =
        new RePaint(new Ancestral(Variance.SMALL), jump, times, NO_NOISE)
            .sample(walk, new Batch(1, 1, 1, 2, new double[2]));
    assertThat(made.data()[0]).isEqualTo(1.5);
    return made.data()[1];
  }

  @Test
  void approachesTheConditionalMeanWithMoreResamplingsWhereReplacementAloneIsBiased() {
    double exact = CORRELATION * 1.5;
    double[] errors = new double[6];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = exact - mean(50, 1, 1 << i);
    }
    assertThat(errors[0]).isGreaterThan(0.4); // of 1.35
    for (int i = 1; i < errors.length; i++) {
      assertThat(errors[i]).isPositive().isLessThan(0.6 * errors[i - 1]);
    }
    assertThat(errors[5]).isLessThan(0.02);
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.schedule.Schedules#all")
  void keepsTheKnownPartAndDrawsTheRestGivenIt(Schedules schedules) {
    NoiseSchedule schedule = schedules.schedule();
    long[] seeds = LongStream.range(0, 1000).toArray();
    double[] noisy = schedules.grid(30).times();
    TimeGrid grid = new TimeGrid(Arrays.copyOf(noisy, noisy.length + 1)); // and then no noise
    double[] pixels = new double[2 * seeds.length];
    Arrays.fill(pixels, -0.8);
    Batch known = new Batch(seeds.length, 1, 1, 2, pixels);
    Walk walk =
        new Walk(pair(schedule), schedule, grid, Noise.keyed(seeds))
            .constraint(
                new ReplacementConstraint(
                    known,
                    ReplacementConstraint.pixels(left),
                    schedule,
                    Noise.keyed(Purpose.KNOWN, seeds)));
    Batch start = Noise.start(seeds, 1, 1, 2).times(schedule.sigma(grid.time(0)));
    double[] made =
        new RePaint(new Ancestral(Variance.SMALL), 1, 8, Noise.keyed(Purpose.RENOISE, seeds))
            .sample(walk, start)
            .data();
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < made.length; i += 2) {
      assertThat(made[i]).isEqualTo(-0.8);
      sum += made[i + 1];
      squares += made[i + 1] * made[i + 1];
    }
    double mean = sum / seeds.length;
    assertThat(mean).isCloseTo(CORRELATION * -0.8, within(0.08)); // unconditionally 0
    assertThat(squares / seeds.length - mean * mean)
        .isCloseTo(1 - CORRELATION * CORRELATION, within(0.05)); // unconditionally 1
  }

  @ParameterizedTest
  @CsvSource({"250, 10, 10, 2410", "250, 1, 1, 250", "7, 2, 3, 19", "3, 5, 4, 3", "1, 1, 9, 1"})
  void statesItsEvaluations(int steps, int jump, int times, int evaluations) {
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, steps));
    int[] counted = {0};
    List<Integer> numbers = new ArrayList<>();
    List<Long> progress = new ArrayList<>();
    List<Integer> draws = new ArrayList<>();
    Denoiser model = pair(betas);
    Walk walk =
        new Walk(
                (xt, t) -> {
                  counted[0]++;
                  return model.at(xt, t);
                },
                betas,
                grid,
                Noise.keyed(1))
            .watch((k, t, x) -> numbers.add(k))
            .progress(p -> progress.add(p.done()));
    Noise back =
        (draw, image, out, from, count) -> {
          draws.add(draw);
          NO_NOISE.normals(draw, image, out, from, count);
        };
    RePaint sampler = new RePaint(new Ddim(0), jump, times, back);
    sampler.sample(walk, Noise.start(new long[] {1}, 1, 1, 2));
    assertThat(counted[0]).isEqualTo(evaluations);
    assertThat(sampler.evaluations(grid)).hasValue(evaluations);
    assertThat(numbers).hasSize(evaluations).doesNotHaveDuplicates();
    assertThat(progress.get(progress.size() - 1)).isEqualTo(evaluations);
    assertThat(draws).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("io.jiffusion.sampler.SamplerTable#rows")
  void worksUnderEverySamplerThatLetsItsStatesBeChanged(SamplerTable.Row row) {
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 20));
    long[] seeds = {1, 2};
    Batch known = new Batch(2, 1, 1, 2, new double[] {1.5, 0, -0.7, 0});
    Batch start = Noise.start(seeds, 1, 1, 2);
    int[] counted = {0};
    Denoiser model = pair(betas);
    Walk walk =
        new Walk(
                (xt, t) -> {
                  counted[0]++;
                  return model.at(xt, t);
                },
                betas,
                grid,
                Noise.keyed(seeds))
            .constraint(
                new ReplacementConstraint(
                    known,
                    ReplacementConstraint.pixels(left),
                    betas,
                    Noise.keyed(Purpose.KNOWN, seeds)));
    boolean keepsToTheGrid = !row.adaptive() && !row.text().startsWith("restart");
    Sampler sampler =
        keepsToTheGrid
            ? new RePaint(row.sampler(), 10, 3, Noise.keyed(Purpose.RENOISE, seeds))
            : row.sampler();
    if (row.text().equals("rk45")) {
      assertThatThrownBy(() -> sampler.sample(walk, start))
          .hasMessageStartingWith("illegal constraint on the state with rk45");
      return;
    }
    double[] made = sampler.sample(walk, start).data();
    assertThat(made[0]).isEqualTo(1.5);
    assertThat(made[2]).isEqualTo(-0.7);
    assertThat(made).doesNotContain(Double.NaN);
    sampler.evaluations(grid).ifPresent(promised -> assertThat(counted[0]).isEqualTo(promised));
  }

  @Test
  void aSamplerWithStepsOfItsOwnTellsAConstraintByWhatItChanges() {
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 20));
    Walk walk = new Walk(pair(betas), betas, grid, Noise.keyed(1));
    Batch start = Noise.start(new long[] {1}, 1, 1, 2);
    Sampler rk45 = new Rk45(1e-3, 1e-3);
    assertThat(rk45.sample(walk.constraint((k, t, x) -> x.with(x.data().clone())), start).data())
        .isEqualTo(rk45.sample(walk, start).data());
    Walk inPlace =
        walk.constraint(
            (k, t, x) -> {
              x.data()[0] = 1.5;
              return x;
            });
    assertThatThrownBy(() -> rk45.sample(inPlace, start))
        .hasMessageStartingWith("illegal constraint on the state with rk45");
  }

  @Test
  void drawsNewNoiseEachTimeAnIntervalIsWalked() {
    TimeGrid grid = new TimeGrid(new double[] {0.6, 0.4});
    List<Batch> drawn = new ArrayList<>();
    Sampler byInterval =
        (walk, x) -> {
          drawn.add(walk.noise().between(walk.first(), -1, 0, x));
          return walk.run(x, (k, xt, t, s) -> xt);
        };
    new RePaint(byInterval, 1, 2, NO_NOISE)
        .sample(new Walk(pair(betas), betas, grid, Noise.keyed(1)), left);
    assertThat(drawn.get(0).data()).isNotEqualTo(drawn.get(1).data());
  }

  @Test
  void isTheSamplerItselfWhereNothingIsWalkedTwice() {
    TimeGrid grid = TimeGrid.of(1000, Respacing.uniform(1000, 9));
    long[] seeds = {3, 4};
    Walk walk = new Walk(pair(betas), betas, grid, Noise.keyed(seeds));
    Batch start = Noise.start(seeds, 1, 1, 2);
    Sampler inner = new Ancestral(Variance.LARGE);
    assertThat(new RePaint(inner, 4, 1, NO_NOISE).sample(walk, start).data())
        .isEqualTo(inner.sample(walk, start).data());
  }

  @Test
  void replacesPixelsOfSomeChannelsAndImages() {
    Batch x = new Batch(2, 2, 1, 2, new double[] {1, 2, 3, 4, 5, 6, 7, 8});
    Batch other = x.times(10);
    assertThat(ReplacementConstraint.pixels(left).replace(x, other).data())
        .containsExactly(10, 2, 30, 4, 50, 6, 70, 8);
    assertThat(
            ReplacementConstraint.pixels(new Batch(2, 1, 1, 2, new double[] {1, 1, 0, 0}))
                .replace(x, other)
                .data())
        .containsExactly(10, 20, 30, 40, 5, 6, 7, 8);
    assertThat(
            ReplacementConstraint.pixels(new Batch(1, 2, 1, 2, new double[] {0, 0, 0, 1}))
                .replace(x, other)
                .data())
        .containsExactly(1, 2, 3, 40, 5, 6, 7, 80);
  }

  @Test
  void replacesTheGreyPictureAndNothingElse() {
    Batch x = new Batch(1, 3, 1, 2, new double[] {1, 0, 2, 0, 3, 6});
    Batch other = new Batch(1, 3, 1, 2, new double[] {5, 3, 5, 3, 5, 3});
    assertThat(ReplacementConstraint.gray().replace(x, other).data())
        .containsExactly(4, 1, 5, 1, 6, 7);
  }

  @Test
  void replacesTheMeansOfBlocksAndNothingElse() {
    Batch x = new Batch(1, 1, 2, 4, new double[] {0, 1, 2, 3, 4, 5, 6, 7});
    Batch other = new Batch(1, 1, 2, 4, new double[] {1, 1, 0, 0, 1, 1, 0, 4});
    assertThat(ReplacementConstraint.blocks(2).replace(x, other).data())
        .containsExactly(-1.5, -0.5, -1.5, -0.5, 2.5, 3.5, 2.5, 3.5);
    assertThat(ReplacementConstraint.blocks(1).replace(x, other).data()).isEqualTo(other.data());
  }

  @Test
  void noisesTheKnownPartToTheTimeReached() {
    Batch image = new Batch(1, 1, 1, 2, new double[] {0.5, -0.5});
    ReplacementConstraint known =
        new ReplacementConstraint(
            image, ReplacementConstraint.pixels(left), betas, Noise.keyed(Purpose.KNOWN, 7));
    Batch x = new Batch(1, 1, 1, 2, new double[] {9, 9});
    double z = Noise.keyed(Purpose.KNOWN, 7).batch(3, x).data()[0];
    assertThat(known.apply(3, 0.4, x).data())
        .containsExactly(
            new double[] {betas.alpha(0.4) * 0.5 + betas.sigma(0.4) * z, 9}, within(1e-15));
    assertThat(known.apply(3, 0, x).data()).containsExactly(0.5, 9);
    assertThat(z).isNotEqualTo(Noise.keyed(7).batch(3, x).data()[0]);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Batch x = new Batch(2, 3, 4, 6, new double[144]);
    assertThatThrownBy(() -> ReplacementConstraint.pixels(left).replace(x, x))
        .hasMessage("illegal mask: 1 of 1x1x2, must be 1 or 2 of 1 or 3 channels, 4x6");
    assertThatThrownBy(() -> ReplacementConstraint.pixels(left.times(0.5)))
        .hasMessage("illegal mask: 0.5, must be 1 (known) or 0 (to be made) everywhere");
    assertThatThrownBy(() -> ReplacementConstraint.blocks(4).replace(x, x))
        .hasMessage("illegal block: 4, must divide the images' height 4 and width 6");
    assertThatThrownBy(() -> ReplacementConstraint.blocks(0))
        .hasMessage("illegal block: 0, must be 1 or more");
    assertThatThrownBy(() -> new RePaint(new Ddim(0), 0, 1, NO_NOISE))
        .hasMessage("illegal jump: 0, must be 1 or more steps");
    assertThatThrownBy(() -> new RePaint(new Ddim(0), 1, 0, NO_NOISE))
        .hasMessage("illegal resamplings: 0, must be 1 or more; 1 walks every step once");
  }
}
