package io.jiffusion.pipeline;

import io.jiffusion.data.Cifar10;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.ImageFolder;
import io.jiffusion.data.Mnist;
import io.jiffusion.data.Toy;
import io.jiffusion.network.Shape;
import java.nio.file.Path;
import java.util.List;

/**
 * What is learned. Images are fitted to the network's input; labels are used if the network has classes.
 *
 * @param set one of {@link #SETS}
 * @param path the folder with the files; empty for points made in code and, with {@code mnist}, for the files that come
 *     with the program
 * @param flip whether half of the images are mirrored in training
 */
public record DataConfig(String set, String path, boolean flip) {

  /** Points in the plane, made in code. */
  static final List<String> TOYS = List.of("s-curve", "swiss-roll", "moons", "checkerboard", "gaussians");

  private static final int POINTS = 50_000;

  /** All data sets. */
  public static final List<String> SETS =
      List.of("mnist", "fashion-mnist", "cifar10", "folder", "s-curve", "swiss-roll", "moons", "checkerboard", "gaussians");

  public DataConfig {
    Check.oneOf(SETS, "set", set);
  }

  /** Whether the data are points in the plane. */
  public boolean toy() {
    return TOYS.contains(set);
  }

  /**
   * Opens the training data.
   *
   * @param input shape of a network's input, which examples are fitted to
   */
  Dataset open(Shape input) {
    int size = (int) input.size(1);
    return switch (set) {
      case "mnist" -> Mnist.digits(path.isEmpty() ? Home.folder().resolve("data/mnist") : Path.of(path), true, size);
      case "fashion-mnist" -> Mnist.fashion(Path.of(path), true, size);
      case "cifar10" -> Cifar10.read(Path.of(path), true);
      case "folder" -> ImageFolder.read(Path.of(path), size, (int) input.size(0));
      default -> Toy.of(set, POINTS, 0);
    };
  }
}
