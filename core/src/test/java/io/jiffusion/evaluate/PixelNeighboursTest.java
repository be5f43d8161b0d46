package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Nearest;
import io.jiffusion.pipeline.Stripes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PixelNeighboursTest {
  /** More than are in memory at a time. */
  private static final ImageSource TRAINING = ImageSources.of("many", Stripes.of(5000, 8, 4, 0));

  @Test
  void aCopyIsItsOwnNearest() {
    Images copies = PixelNeighbours.pick(TRAINING, 4700, 3, 4095, 4096);
    Nearest nearest = PixelNeighbours.of(copies, TRAINING, new Cancellation());
    assertThat(nearest.which()).containsExactly(4700, 3, 4095, 4096);
    assertThat(nearest.distances()).containsOnly(0.0);
    Neighbours shown = PixelNeighbours.shown(copies, nearest, TRAINING, 2);
    assertThat(shown.nearest().bytes()).isEqualTo(copies.range(0, 2).bytes());
  }

  @Test
  void theDistanceIsThatOfTheValues() {
    byte[] bytes = new byte[2 * 4];
    Arrays.fill(bytes, 4, 8, (byte) 255);
    ImageSource black =
        ImageSources.of(
            "black", new ImageSet(new Images(1, 2, 2, 1, new byte[4]), null, List.of()));
    Nearest nearest = PixelNeighbours.of(new Images(2, 2, 2, 1, bytes), black, new Cancellation());
    assertThat(nearest.distances()).containsExactly(new double[] {0, 4}, within(1e-6)); // √(4·2²)
  }

  @Test
  void imagesOfAnotherSizeAreRefused() {
    assertThatThrownBy(
            () ->
                PixelNeighbours.of(
                    new Images(1, 4, 4, 1, new byte[16]), TRAINING, new Cancellation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal images: 4x4x1, must be 8x8x1 as the training images");
  }
}
