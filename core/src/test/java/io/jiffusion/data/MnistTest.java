package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
  private static final Path MNIST = Path.of("../data/mnist");
  @TempDir Path folder;

  @Test
  void theDigitsAreTheKnownOnes() {
    ImageSet train = Mnist.digits(MNIST, true, 32);
    assertThat(train.size()).isEqualTo(60_000);
    assertThat(Arrays.copyOf(train.labels(), 5)).containsExactly(5, 0, 4, 1, 9);
    ImageSet test = Mnist.digits(MNIST, false, 28);
    assertThat(test.size()).isEqualTo(10_000);
    assertThat(Arrays.copyOf(test.labels(), 5)).containsExactly(7, 2, 1, 0, 4);
    assertThat(test.classes()).isEqualTo(10);
    // Row 7 of the first test image: the upper bar of a 7.
    assertThat(Arrays.copyOfRange(test.images().bytes(), 7 * 28 + 5, 7 * 28 + 9))
        .containsExactly(0, 84, 185, 159);
  }

  @Test
  void paddingPutsBlackEvenlyAround() {
    ImageSet plain = Mnist.digits(MNIST, false, 28);
    ImageSet padded = Mnist.digits(MNIST, false, 32);
    float[] small = new float[28 * 28];
    float[] large = new float[1 + 32 * 32];
    plain.example(0, small, 0);
    padded.example(0, large, 1);
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 32; x++) {
        boolean inside = y >= 2 && y < 30 && x >= 2 && x < 30;
        assertThat(large[1 + y * 32 + x]).isEqualTo(inside ? small[(y - 2) * 28 + x - 2] : -1);
      }
    }
    assertThat(small[9 * 28 + 13]).isGreaterThan(0.7f);
  }

  @Test
  void missingAndWrongFilesAreNamed() throws IOException {
    assertThatThrownBy(() -> Mnist.digits(folder, true, 28))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in "
                + folder
                + ", must be there with three others; name the folder that holds them");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Mnist.digits(MNIST, true, 16))
        .withMessage("illegal size: 16, must be 28 or more");

    Path images = folder.resolve("t10k-images-idx3-ubyte");
    Path labels = folder.resolve("t10k-labels-idx1-ubyte");
    Files.write(images, IdxTest.idx(new int[] {2, 28, 28}, 2 * 28 * 28));
    Files.write(labels, IdxTest.idx(new int[] {3}, 3));
    assertThatThrownBy(() -> Mnist.digits(folder, false, 28))
        .hasMessage(labels + " has 3 labels, must be 2 as " + images + " has images");
    byte[] wrong = IdxTest.idx(new int[] {2}, 2);
    wrong[9] = 10;
    Files.write(labels, wrong);
    assertThatThrownBy(() -> Mnist.digits(folder, false, 28))
        .hasMessage(labels + " has label 10 at image 1, must be 0 to 9");
    Files.write(images, IdxTest.idx(new int[] {2, 28, 27}, 2 * 28 * 27));
    assertThatThrownBy(() -> Mnist.digits(folder, false, 28))
        .hasMessage(images + " has shape [2, 28, 27], must be [images, 28, 28]");
    Files.write(images, IdxTest.idx(new int[] {2}, 2));
    assertThatThrownBy(() -> Mnist.digits(folder, false, 28))
        .hasMessage(images + " has shape [2], must be [images, 28, 28]");
  }
}
