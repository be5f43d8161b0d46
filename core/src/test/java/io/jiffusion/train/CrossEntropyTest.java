package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.network.ClassifierConfig;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeHandles.class)
class CrossEntropyTest {
  private static final int SIZE = 8;
  private static final ClassifierConfig CONFIG = new ClassifierConfig(1, SIZE, 8, 8, 3);

  /**
   * Image i of six has one pixel that is not black, in the middle, of level 40·(i+1), and class i
   * mod 3.
   */
  private static final ImageSet DATA = points();

  private final CrossEntropy objective = new CrossEntropy(DATA, CONFIG, 7, 4);

  private static ImageSet points() {
    byte[] bytes = new byte[6 * SIZE * SIZE];
    for (int i = 0; i < 6; i++) {
      bytes[i * SIZE * SIZE + 3 * SIZE + 3] = (byte) (40 * (i + 1));
    }
    return new ImageSet(
        new Images(6, SIZE, SIZE, 1, bytes), new int[] {0, 1, 2, 0, 1, 2}, List.of("a", "b", "c"));
  }

  @Test
  void theExamplesOfAStepDependOnSeedAndStepAlone() {
    Examples fifth = objective.examples(5);
    Examples again = new CrossEntropy(DATA, CONFIG, 7, 4).examples(5);
    assertThat(again.inputs()).isEqualTo(fifth.inputs());
    assertThat(again.targets()).isEqualTo(fifth.targets());
    assertThat(new CrossEntropy(DATA, CONFIG, 8, 4).examples(5).inputs())
        .isNotEqualTo(fifth.inputs());
  }

  @Test
  void anEpochShowsEveryImageOnceWithItsClassMovedByUpToTwoPixels() {
    TreeSet<Integer> seen = new TreeSet<>();
    TreeSet<Integer> places = new TreeSet<>();
    for (int step = 0; step < 150; step++) { // 100 epochs
      Examples examples = objective.examples(step);
      for (int b = 0; b < 4; b++) {
        float[] image =
            Arrays.copyOfRange(examples.inputs(), b * SIZE * SIZE, (b + 1) * SIZE * SIZE);
        int[] bright = IntStream.range(0, image.length).filter(i -> image[i] > -1).toArray();
        assertThat(bright).hasSize(1);
        places.add(bright[0]);
        int number = Math.round((image[bright[0]] + 1) * 127.5f) / 40 - 1;
        assertThat(examples.targets()[b]).isEqualTo(number % 3);
        if (step < 1 || step == 1 && b < 2) {
          assertThat(seen.add(number)).isTrue();
        }
      }
    }
    assertThat(seen).hasSize(6);
    assertThat(places)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 5)
                .flatMap(y -> IntStream.rangeClosed(1, 5).map(x -> y * SIZE + x))
                .boxed()
                .toList());
  }

  @Test
  void whatLeavesTheImageIsGone() {
    byte[] bytes = new byte[SIZE * SIZE];
    Arrays.fill(bytes, (byte) 255);
    ImageSet white =
        new ImageSet(new Images(1, SIZE, SIZE, 1, bytes), new int[1], List.of("a", "b", "c"));
    Examples examples = new CrossEntropy(white, CONFIG, 7, 50).examples(0);
    TreeSet<Long> kept = new TreeSet<>();
    for (int b = 0; b < 50; b++) {
      int from = b * SIZE * SIZE;
      kept.add(
          IntStream.range(from, from + SIZE * SIZE).filter(i -> examples.inputs()[i] == 1).count());
    }
    assertThat(kept).containsExactly(36L, 42L, 48L, 49L, 56L, 64L);
  }

  @Test
  void noisesEachImageToATimeOfItsOwnForAClassifierThatGuides() {
    DiscreteBetas betas = DiscreteBetas.cosine(20);
    byte[] grey = new byte[SIZE * SIZE];
    ImageSet black =
        new ImageSet(new Images(1, SIZE, SIZE, 1, grey), new int[1], List.of("a", "b", "c"));
    Examples examples =
        new CrossEntropy(
                black, CONFIG, 7, 200, new CrossEntropy.Noising(betas, TimeLabel.index(20)))
            .examples(3);
    TreeSet<Float> labels = new TreeSet<>();
    for (int b = 0; b < 200; b++) {
      labels.add(examples.labels()[b]);
      double t = betas.time((int) examples.labels()[b]);
      double sum = 0;
      double squares = 0;
      for (int i = b * SIZE * SIZE; i < (b + 1) * SIZE * SIZE; i++) {
        double z = (examples.inputs()[i] + betas.alpha(t)) / betas.sigma(t); // the image is −1
        sum += z;
        squares += z * z;
      }
      assertThat(sum / 64).isCloseTo(0, within(4.5 / 8));
      assertThat(squares / 64).isCloseTo(1, within(4.5 * Math.sqrt(2.0 / 64)));
    }
    assertThat(labels).hasSize(20); // every index occurs
  }

  @Test
  void theLossIsTheSumOfCrossEntropiesOfTheLogits() {
    float[] output = new float[2 * 11]; // 8 features, which must not count, then 3 logits
    Arrays.fill(output, 9);
    double[] logits = {1, 2, 0.5, -1, 0, 3};
    for (int i = 0; i < 6; i++) {
      output[i / 3 * 11 + 8 + i % 3] = (float) logits[i];
    }
    Examples examples =
        new Examples(new float[0], new float[2], null, new float[] {1, 0}, new float[] {1, 1});
    double expected =
        Math.log(Math.exp(1) + Math.exp(2) + Math.exp(0.5))
            - 2
            + Math.log(Math.exp(-1) + Math.exp(0) + Math.exp(3))
            + 1;
    try (Scope scope = Scope.open()) {
      assertThat(objective.loss(Tensor.of(output, 2, 11, 1, 1), examples).item())
          .isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void refusesDataOfAnotherShape() {
    ClassifierConfig other = new ClassifierConfig(3, 16, 8, 8, 4);
    assertThatThrownBy(() -> new CrossEntropy(DATA, other, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal data: images of [1, 8, 8] in 3 classes, must be [3, 16, 16] in 4 classes for this classifier");
  }
}
