package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShuffleTest {

  @Test
  void everyEpochHasEachExampleOnceInAnotherOrder() {
    int[] first = epoch(new Shuffle(3, 50), 0);
    int[] second = epoch(new Shuffle(3, 50), 1);
    assertThat(first).containsExactlyInAnyOrder(IntStream.range(0, 50).toArray());
    assertThat(second)
        .containsExactlyInAnyOrder(IntStream.range(0, 50).toArray())
        .isNotEqualTo(first);
  }

  @Test
  void theOrderIsKnownFromSeedAndPositionAlone() {
    Shuffle forwards = new Shuffle(3, 50);
    int[] first = epoch(forwards, 0);
    int[] second = epoch(forwards, 1);
    Shuffle backwards = new Shuffle(3, 50);
    assertThat(epoch(backwards, 1)).containsExactly(second);
    assertThat(epoch(backwards, 0)).containsExactly(first);
    assertThat(epoch(new Shuffle(4, 50), 0)).isNotEqualTo(first);
  }

  private static int[] epoch(Shuffle order, int epoch) {
    return IntStream.range(50 * epoch, 50 * (epoch + 1)).map(order::at).toArray();
  }
}
