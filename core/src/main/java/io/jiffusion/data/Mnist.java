package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * MNIST and Fashion-MNIST: 28×28 grey images of ten classes, two IDX files for training and two for
 * testing.
 */
public final class Mnist {
  /** Height and width of the images. */
  public static final int SIZE = 28;

  /** Names of the digits' classes. */
  public static final List<String> DIGITS =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  /** Names of Fashion-MNIST's classes. */
  public static final List<String> CLOTHES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private Mnist() {}

  /**
   * Reads the digits.
   *
   * @param folder with {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, {@code
   *     t10k-…}, plain or with {@code .gz}
   * @param train whether the training images or the test images
   * @param size height and width wanted, 28 or more; black is added evenly on all sides
   * @throws JiffusionException if a file is missing or wrong
   */
  public static ImageSet digits(Path folder, boolean train, int size) {
    return read(folder, train, size, DIGITS);
  }

  /** Reads Fashion-MNIST, whose files have the same names as the digits' files. */
  public static ImageSet fashion(Path folder, boolean train, int size) {
    return read(folder, train, size, CLOTHES);
  }

  private static ImageSet read(Path folder, boolean train, int size, List<String> classNames) {
    if (size < SIZE) {
      throw new IllegalArgumentException(
          "illegal size: " + size + ", must be " + SIZE + " or more");
    }
    String start = train ? "train" : "t10k";
    Path imageFile = find(folder, start + "-images-idx3-ubyte");
    Path labelFile = find(folder, start + "-labels-idx1-ubyte");
    Idx images = Idx.read(imageFile);
    if (images.shape().length != 3 || images.shape()[1] != SIZE || images.shape()[2] != SIZE) {
      throw new JiffusionException(
          imageFile
              + " has shape "
              + Arrays.toString(images.shape())
              + ", must be [images, 28, 28]");
    }
    Idx labels = Idx.read(labelFile);
    if (labels.shape().length != 1) {
      throw new JiffusionException(
          labelFile + " has shape " + Arrays.toString(labels.shape()) + ", must be [images]");
    }
    int count = images.shape()[0];
    if (labels.shape()[0] != count) {
      throw new JiffusionException(
          labelFile
              + " has "
              + labels.shape()[0]
              + " labels, must be "
              + count
              + " as "
              + imageFile
              + " has images");
    }
    return new ImageSet(
        new Images(count, size, size, 1, padded(images.values(), count, size)),
        ImageSet.checked(labels.values(), classNames.size(), labelFile),
        classNames);
  }

  private static byte[] padded(byte[] images, int count, int size) {
    if (size == SIZE) {
      return images;
    }
    if ((long) count * size * size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "illegal size: " + size + ", " + count + " images of it must fit in 2 GB");
    }
    byte[] out = new byte[count * size * size];
    int margin = (size - SIZE) / 2;
    for (int row = 0; row < count * SIZE; row++) {
      int y = row % SIZE + margin;
      System.arraycopy(images, row * SIZE, out, (row / SIZE * size + y) * size + margin, SIZE);
    }
    return out;
  }

  private static Path find(Path folder, String name) {
    for (String file : List.of(name, name + ".gz")) {
      if (Files.exists(folder.resolve(file))) {
        return folder.resolve(file);
      }
    }
    throw new JiffusionException(
        "no file "
            + name
            + " or "
            + name
            + ".gz in "
            + folder
            + ", must be there with three others; "
            + "name the folder that holds them");
  }
}
