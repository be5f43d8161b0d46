package io.jiffusion.data;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * CIFAR-10 in its binary version: 32×32 RGB images of ten classes, each a record of a label and
 * three planes.
 */
public final class Cifar10 {
  private static final int PLANE = 32 * 32;
  private static final int RECORD = 1 + 3 * PLANE;
  private static final int MAX_RECORDS = 10_000;
  private static final List<String> CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
  private static final List<String> TRAIN =
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin");

  private Cifar10() {}

  /**
   * Reads the images.
   *
   * @param folder with {@code data_batch_1.bin} to {@code data_batch_5.bin} and {@code
   *     test_batch.bin}
   * @param train whether the training images or the test images
   * @throws JiffusionException if a file is missing or wrong
   */
  public static ImageSet read(Path folder, boolean train) {
    List<byte[]> batches =
        (train ? TRAIN : List.of("test_batch.bin"))
            .stream().map(name -> batch(folder.resolve(name))).toList();
    int count = batches.stream().mapToInt(batch -> batch.length / RECORD).sum();
    byte[] pixels = new byte[count * 3 * PLANE];
    byte[] labels = new byte[count];
    int image = 0;
    for (byte[] batch : batches) {
      for (int at = 0; at < batch.length; at += RECORD) {
        labels[image] = batch[at];
        for (int i = 0; i < 3 * PLANE; i++) {
          pixels[(image * PLANE + i % PLANE) * 3 + i / PLANE] = batch[at + 1 + i];
        }
        image++;
      }
    }
    return new ImageSet(
        new Images(count, 32, 32, 3, pixels),
        ImageSet.checked(labels, CLASSES.size(), folder),
        CLASSES);
  }

  private static byte[] batch(Path file) {
    try {
      long size = Files.size(file);
      if (size == 0 || size % RECORD != 0 || size > (long) MAX_RECORDS * RECORD) {
        throw new JiffusionException(
            file
                + " has "
                + size
                + " bytes, must be a multiple of "
                + RECORD
                + ", at most "
                + MAX_RECORDS * RECORD
                + "; it may be cut short: copy or download it again");
      }
      byte[] batch = Files.readAllBytes(file);
      return batch.length == size ? batch : Arrays.copyOf(batch, (int) size);
    } catch (NoSuchFileException e) {
      throw new JiffusionException(
          "no file "
              + file
              + ", must be there: name the folder that holds CIFAR-10's binary version",
          e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
