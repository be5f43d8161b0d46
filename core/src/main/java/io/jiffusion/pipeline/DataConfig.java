package io.jiffusion.pipeline;

import io.jiffusion.data.Cifar10;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.ImageFolder;
import io.jiffusion.data.Mnist;
import io.jiffusion.data.Toy;
import io.jiffusion.network.Shape;
import io.jiffusion.run.JiffusionException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is learned. Images are fitted to the network's input; labels are used if the network has
 * classes.
 *
 * @param set one of {@link #SETS}
 * @param path the folder with the files; empty for points made in code and, with {@code mnist}, for
 *     the files that come with the program
 * @param flip whether half of the images are mirrored in training
 */
public record DataConfig(String set, String path, boolean flip) {

  private static final int TOY_POINTS = 100_000;

  /** All data sets. */
  public static final List<String> SETS =
      Stream.concat(Stream.of("mnist", "fashion-mnist", "cifar10", "folder"), Toy.NAMES.stream())
          .toList();

  public DataConfig {
    Check.oneOf(SETS, "set", set);
  }

  /** Whether the data are points in the plane. */
  public boolean toy() {
    return Toy.NAMES.contains(set);
  }

  /**
   * Opens the data, fitted to a network's input.
   *
   * @throws JiffusionException if files are missing or wrong, or cannot be fitted
   */
  Dataset open(Shape input) {
    int size = (int) input.size(1);
    Check.that(
        toy() || input.size(1) == input.size(2), "network", input, "must be square for images");
    Check.that(
        !set.equals("folder") && !set.equals("fashion-mnist") || !path.isEmpty(),
        "path",
        "''",
        "must name the folder of the images; give it with --data");
    Dataset data =
        switch (set) {
          case "mnist" ->
              Mnist.digits(
                  path.isEmpty() ? Home.folder().resolve("data/mnist") : Path.of(path), true, size);
          case "fashion-mnist" -> Mnist.fashion(Path.of(path), true, size);
          case "cifar10" -> Cifar10.read(Path.of(path), true);
          case "folder" -> ImageFolder.read(Path.of(path), size, (int) input.size(0));
          default -> Toy.of(set, TOY_POINTS, 0);
        };
    Shape made = Shape.of(data.channels(), data.height(), data.width());
    if (!made.equals(input)) {
      throw new JiffusionException(
          "the images of "
              + set
              + " are "
              + made
              + ", must be "
              + input
              + " as the network's input; change network.unet.inputChannels, height and width");
    }
    return data;
  }
}
