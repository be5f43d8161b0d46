package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.VariancePreserving;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimeSamplerTest {
  private static final NoiseSchedule VP = new VariancePreserving(0.1, 20);

  private static int[] indices(TimeSampler times, long seed, long step, int count, int steps) {
    return Arrays.stream(times.times(seed, step, count, DiscreteBetas.cosine(steps)))
        .mapToInt(t -> (int) Math.rint(t * steps) - 1)
        .toArray();
  }

  @Test
  void antitheticTimesPairUp() {
    for (int count : new int[] {1, 2, 7, 8}) {
      int[] indices = indices(TimeSampler.ANTITHETIC, 3, 5, count, 100);
      double[] times = TimeSampler.ANTITHETIC.times(3, 5, count, VP);
      assertThat(indices).hasSize(count);
      assertThat(times).hasSize(count);
      int half = (count + 1) / 2;
      for (int i = half; i < count; i++) {
        assertThat(indices[i]).isEqualTo(99 - indices[i - half]);
        assertThat(times[i]).isCloseTo(1 + 1e-5 - times[i - half], within(1e-15));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "LOG_NORMAL", mode = EnumSource.Mode.EXCLUDE)
  void everyTimeIsDrawnEquallyOften(TimeSampler times) {
    int[] hits = new int[10];
    int[] continuous = new int[10];
    for (int step = 0; step < 1000; step++) {
      Arrays.stream(indices(times, 3, step, 10, 10)).forEach(index -> hits[index]++);
      Arrays.stream(times.times(4, step, 10, VP)).forEach(t -> continuous[(int) (10 * t)]++);
    }
    for (int[] counts : new int[][] {hits, continuous}) {
      assertThat(IntStream.of(counts))
          .as("%s", times)
          .allMatch(hit -> Math.abs(hit - 1000) < 170); // 4 deviations of a pair
    }
  }

  @Test
  void drawsTheIndicesOfATableThatTheKeyGives() {
    Key key = new Key(3, 5, Purpose.TIME);
    int[] uniform = IntStream.range(0, 4).map(i -> key.below(1000, i)).toArray();
    assertThat(indices(TimeSampler.UNIFORM, 3, 5, 4, 1000)).containsExactly(uniform);
    assertThat(indices(TimeSampler.ANTITHETIC, 3, 5, 4, 1000))
        .containsExactly(uniform[0], uniform[1], 999 - uniform[0], 999 - uniform[1]);
  }

  @Test
  void logNoiseLevelsAreNormalAsInEdm() {
    Edm edm = new Edm(1e-6, 1e4); // wide enough to cut nothing
    double[] logs =
        Arrays.stream(TimeSampler.LOG_NORMAL.times(1, 2, 10_000, edm))
            .map(t -> Math.log(edm.sigma(t)))
            .toArray();
    double mean = Arrays.stream(logs).average().orElseThrow();
    double variance = Arrays.stream(logs).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    assertThat(mean).isCloseTo(-1.2, within(0.048)); // 4 standard errors
    assertThat(Math.sqrt(variance)).isCloseTo(1.2, within(0.034));
    assertThat(Arrays.stream(TimeSampler.LOG_NORMAL.times(1, 2, 1000, DiscreteBetas.cosine(20))))
        .allMatch(t -> t >= 0.05 - 1e-9 && t <= 1);
    assertThat(TimeSampler.of("log-normal")).isEqualTo(TimeSampler.LOG_NORMAL);
  }

  @ParameterizedTest
  @EnumSource
  void drawsBelongToSeedAndStep(TimeSampler times) {
    double[] drawn = times.times(3, 5, 64, VP);
    assertThat(times.times(3, 5, 64, VP)).containsExactly(drawn);
    assertThat(times.times(3, 6, 64, VP)).isNotEqualTo(drawn);
    assertThat(times.times(4, 5, 64, VP)).isNotEqualTo(drawn);
  }
}
