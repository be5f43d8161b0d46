package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrderTest {

  @Test
  void everyEpochHasEachExampleOnceInAnotherOrder() {
    int[] first = epoch(new Order(3, 50), 0);
    int[] second = epoch(new Order(3, 50), 1);
    assertThat(first).containsExactlyInAnyOrder(IntStream.range(0, 50).toArray());
    assertThat(second)
        .containsExactlyInAnyOrder(IntStream.range(0, 50).toArray())
        .isNotEqualTo(first);
  }

  @Test
  void theOrderIsKnownFromSeedAndPositionAlone() {
    Order forwards = new Order(3, 50);
    int[] first = epoch(forwards, 0);
    int[] second = epoch(forwards, 1);
    Order backwards = new Order(3, 50);
    assertThat(epoch(backwards, 1)).containsExactly(second);
    assertThat(epoch(backwards, 0)).containsExactly(first);
    assertThat(epoch(new Order(4, 50), 0)).isNotEqualTo(first);
  }

  private static int[] epoch(Order order, int epoch) {
    return IntStream.range(50 * epoch, 50 * (epoch + 1)).map(order::at).toArray();
  }
}
