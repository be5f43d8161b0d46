package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  @TempDir Path folder;

  @Test
  void planesBecomePixels() throws IOException {
    for (int batch = 1; batch <= 5; batch++) {
      Files.write(folder.resolve("data_batch_" + batch + ".bin"), records(batch, 2));
    }
    Files.write(folder.resolve("test_batch.bin"), records(9, 1));

    ImageSet train = Cifar10.read(folder, true);
    assertThat(train.labels()).containsExactly(1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
    assertThat(train.classNames()).startsWith("airplane", "automobile").hasSize(10);
    assertThat(train.images().bytes()).startsWith(0, 100, -56, 1, 100, -56);
    float[] out = new float[3072];
    train.example(9, out, 0);
    assertThat(out[33]).isEqualTo(33 / 127.5f - 1);
    assertThat(out[1024]).isEqualTo(100 / 127.5f - 1);
    assertThat(Cifar10.read(folder, false).labels()).containsExactly(9);
  }

  @Test
  void missingAndWrongFilesAreNamed() throws IOException {
    Path file = folder.resolve("test_batch.bin");
    assertThatThrownBy(() -> Cifar10.read(folder, false))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no file "
                + file
                + ", must be there: name the folder that holds CIFAR-10's binary version");
    Files.write(file, new byte[3074]);
    assertThatThrownBy(() -> Cifar10.read(folder, false))
        .hasMessage(
            file
                + " has 3074 bytes, must be a multiple of 3073, at most 30730000; it may be cut short: copy or download it again");
    Files.write(file, records(10, 1));
    assertThatThrownBy(() -> Cifar10.read(folder, false))
        .hasMessage(folder + " has label 10 at image 0, must be 0 to 9");
  }

  /** Red counts the pixels, green is 100, blue 200. */
  private static byte[] records(int label, int count) {
    byte[] records = new byte[3073 * count];
    for (int i = 0; i < records.length; i++) {
      int at = i % 3073 - 1;
      records[i] = (byte) (at < 0 ? label : at < 1024 ? at : at < 2048 ? 100 : 200);
    }
    return records;
  }
}
