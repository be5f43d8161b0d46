package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TimeSamplerTest {

  @Test
  void antitheticTimesPairUp() {
    for (int count : new int[] {1, 2, 7, 8}) {
      int[] indices = TimeSampler.ANTITHETIC.indices(3, 5, count, 100);
      assertThat(indices).hasSize(count);
      int half = (count + 1) / 2;
      for (int i = half; i < count; i++) {
        assertThat(indices[i]).isEqualTo(99 - indices[i - half]);
      }
    }
  }

  @Test
  void everyTimeIsDrawnEquallyOften() {
    for (TimeSampler times : TimeSampler.values()) {
      int[] hits = new int[10];
      for (int step = 0; step < 1000; step++) {
        Arrays.stream(times.indices(3, step, 10, 10)).forEach(index -> hits[index]++);
      }
      assertThat(IntStream.of(hits))
          .as("%s", times)
          .allMatch(hit -> Math.abs(hit - 1000) < 170); // 4 deviations of a pair
    }
  }

  @Test
  void drawsBelongToSeedAndStep() {
    for (TimeSampler times : TimeSampler.values()) {
      int[] indices = times.indices(3, 5, 64, 1000);
      assertThat(times.indices(3, 5, 64, 1000)).containsExactly(indices);
      assertThat(times.indices(3, 6, 64, 1000)).isNotEqualTo(indices);
      assertThat(times.indices(4, 5, 64, 1000)).isNotEqualTo(indices);
    }
  }
}
