package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.data.Mnist;
import io.jiffusion.pipeline.Model;
import java.nio.file.Path;
import java.util.List;

/** Pictures from files, or test digits, as a model wants them. */
final class GivenPictures {
  private final int channels;
  private final int size;

  /** For a model of square images. */
  GivenPictures(Model model) {
    channels = model.channels();
    size = model.width();
    if (model.height() != size) {
      throw new IllegalArgumentException(
          "illegal model: its images are "
              + model.height()
              + "x"
              + size
              + ", must be square to take pictures");
    }
  }

  /** The middle of each picture, resampled. */
  Images files(List<Path> files) {
    Images all = ImageFile.read(files.get(0), size, channels);
    for (Path file : files.subList(1, files.size())) {
      all = all.plus(ImageFile.read(file, size, channels));
    }
    return all;
  }

  /** A picture that may be smaller by a factor, and stays so. */
  Images file(Path file, int factor) {
    Images picture = ImageFile.read(file);
    boolean small = Math.min(picture.width(), picture.height()) <= size / factor;
    return ImageFile.read(file, small ? size / factor : size, channels);
  }

  /**
   * Test digits.
   *
   * @param folder of the digits; null for the one that comes with the program
   */
  ImageSet digits(Path folder) {
    if (channels != 1) {
      throw new IllegalArgumentException(
          "illegal model: its images have "
              + channels
              + " channels, must have 1 to take digits; give it pictures of its own kind");
    }
    return Mnist.digits(folder != null ? folder : Home.folder().resolve("data/mnist"), false, size);
  }

  /**
   * Which pixels of a mask are known: those whose luminance (Rec. 601) is nearer to white than to
   * black; what shines through counts as white.
   *
   * @throws IllegalArgumentException if it is of another size, or leaves nothing to be made
   */
  float[] mask(Path file) {
    Images mask = ImageFile.read(file);
    if (mask.width() != size || mask.height() != size) {
      throw new IllegalArgumentException(
          "illegal mask: "
              + file
              + " is "
              + mask.width()
              + "x"
              + mask.height()
              + ", must be "
              + size
              + "x"
              + size
              + " as the model's images");
    }
    float[] known = new float[size * size];
    int holes = 0;
    for (int i = 0; i < known.length; i++) {
      known[i] = luminance(mask, i) >= 128 ? 1 : 0;
      holes += known[i] == 0 ? 1 : 0;
    }
    if (holes == 0) {
      throw new IllegalArgumentException(
          "illegal mask: "
              + file
              + " leaves no pixel to be made, must be dark where pixels shall be made and light"
              + " where they are known; what is transparent counts as white");
    }
    return known;
  }

  private static int luminance(Images image, int pixel) {
    byte[] bytes = image.bytes();
    if (image.channels() == 1) {
      return bytes[pixel] & 0xFF;
    }
    int at = 3 * pixel;
    return (299 * (bytes[at] & 0xFF)
            + 587 * (bytes[at + 1] & 0xFF)
            + 114 * (bytes[at + 2] & 0xFF)
            + 500)
        / 1000;
  }

  /** All but a rectangle of x, y, width and height. */
  float[] hole(List<Integer> hole) {
    int x = hole.get(0);
    int y = hole.size() < 4 ? -1 : hole.get(1);
    if (hole.size() != 4
        || x < 0
        || y < 0
        || hole.get(2) < 1
        || hole.get(3) < 1
        || (long) x + hole.get(2) > size
        || (long) y + hole.get(3) > size) {
      throw new IllegalArgumentException(
          "illegal hole: "
              + hole
              + ", must be x,y,width,height within "
              + size
              + "x"
              + size
              + " pixels, such as 8,8,16,16");
    }
    float[] known = new float[size * size];
    for (int i = 0; i < known.length; i++) {
      int column = i % size - x;
      int row = i / size - y;
      boolean open = column >= 0 && column < hole.get(2) && row >= 0 && row < hole.get(3);
      known[i] = open ? 0 : 1;
    }
    return known;
  }
}
