package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.data.Cifar10;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.ImageFolder;
import io.jiffusion.data.Mnist;
import io.jiffusion.data.PictureFolder;
import io.jiffusion.data.Toy;
import io.jiffusion.network.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is learned. Images are fitted to the network's input; labels are used if the network has
 * classes.
 *
 * @param set one of {@link #SETS}
 * @param path the folder with the files; empty for points made in code and, with {@code mnist}, for
 *     the files that come with the program
 * @param flip whether half of the images are mirrored in training
 * @param classes of a folder: the names of its sub-folders in the order of the network's classes;
 *     empty to learn all pictures as one kind; null if nobody has looked yet
 * @param skipUnreadable whether pictures of a folder that cannot be read are left out; null for
 *     false
 */
public record DataConfig(
    String set,
    String path,
    boolean flip,
    @LeftOut List<String> classes,
    @LeftOut Boolean skipUnreadable) {

  private static final int TOY_POINTS = 100_000;

  /** All data sets. */
  public static final List<String> SETS =
      Stream.concat(Stream.of("mnist", "fashion-mnist", "cifar10", "folder"), Toy.NAMES.stream())
          .toList();

  public DataConfig {
    Check.oneOf(SETS, "set", set);
    Check.that(
        classes == null || set.equals("folder"),
        "classes",
        classes,
        "must be left out: only those of a folder are told");
    Check.that(
        classes == null || Set.copyOf(classes).size() == classes.size(),
        "classes",
        classes,
        "must all be different");
    classes = classes == null ? null : List.copyOf(classes);
  }

  /** Data that nobody has looked at yet. */
  public DataConfig(String set, String path, boolean flip) {
    this(set, path, flip, null, null);
  }

  /** Names of the classes; empty if there are none, or nobody has looked yet. */
  List<String> names() {
    return switch (set) {
      case "mnist" -> Mnist.DIGITS;
      case "fashion-mnist" -> Mnist.CLOTHES;
      case "cifar10" -> Cifar10.CLASSES;
      default -> classes == null ? List.of() : classes;
    };
  }

  /** The same in another place. */
  DataConfig at(String place) {
    return new DataConfig(set, place, flip, classes, skipUnreadable);
  }

  /** The same with the names of the classes. */
  DataConfig named(List<String> names) {
    return new DataConfig(set, path, flip, names, skipUnreadable);
  }

  /** Whether it is a folder that is told. */
  boolean isFolder() {
    return set.equals("folder") && !path.isEmpty();
  }

  /** What lies in the folder, with the classes that are told here. */
  PictureFolder look() {
    PictureFolder found = PictureFolder.look(Path.of(path));
    return classes == null ? found : found.with(classes);
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
  public Dataset open(Shape input) {
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
          case "folder" ->
              ImageFolder.read(
                  look(), size, (int) input.size(0), Boolean.TRUE.equals(skipUnreadable));
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
