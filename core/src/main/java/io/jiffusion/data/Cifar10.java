package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10 in its binary version: 32×32 RGB images of ten classes, each a record of a label and
 * three planes.
 */
public final class Cifar10 {
  private static final int PLANE = 32 * 32;
  private static final int RECORD = 1 + 3 * PLANE;
  private static final int MAX_RECORDS = 10_000;

  /** Names of the classes. */
  public static final List<String> CLASSES =
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
    List<Path> files =
        (train ? TRAIN : List.of("test_batch.bin")).stream().map(folder::resolve).toList();
    long all = files.stream().mapToLong(Cifar10::records).sum();
    Heap.mustHold(all * RECORD, folder);
    int count = (int) all;
    byte[] pixels = new byte[count * 3 * PLANE];
    byte[] labels = new byte[count];
    int image = 0;
    for (Path file : files) {
      image = read(file, pixels, labels, image);
    }
    return new ImageSet(
        new Images(count, 32, 32, 3, pixels),
        ImageSet.checked(labels, CLASSES.size(), folder),
        CLASSES);
  }

  /** Reads a file's images behind those before; returns how many there are then. */
  private static int read(Path file, byte[] pixels, byte[] labels, int before) {
    int image = before;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      byte[] record = new byte[RECORD];
      while (image < labels.length && in.readNBytes(record, 0, RECORD) == RECORD) {
        labels[image] = record[0];
        for (int i = 0; i < 3 * PLANE; i++) {
          pixels[(image * PLANE + i % PLANE) * 3 + i / PLANE] = record[1 + i];
        }
        image++;
      }
      return image;
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static long records(Path file) {
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
      return size / RECORD;
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
