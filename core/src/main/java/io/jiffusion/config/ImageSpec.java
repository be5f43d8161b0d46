package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.base.Suggestion;
import io.jiffusion.data.Cifar10;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.data.Mnist;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Images named in a text: a data set, such as {@code mnist}, {@code mnist:test}, {@code
 * cifar10=DIR} or {@code fashion-mnist=DIR:test}, else a file or a folder as {@link ImageSources}
 * opens it.
 *
 * @param set one of {@link #SETS}; empty for a file or a folder
 * @param path where it lies; empty for the digits that come with the program
 * @param test whether the test images are meant, not those to train with
 */
public record ImageSpec(String set, String path, boolean test) {
  private static final String TEST = ":test";

  /** Data sets that have a name. */
  public static final List<String> SETS = List.of("mnist", "fashion-mnist", "cifar10");

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException if it names a set whose folder is missing, or nothing
   */
  public static ImageSpec of(String text) {
    boolean test = text.endsWith(TEST);
    String rest = test ? text.substring(0, text.length() - TEST.length()) : text;
    int equals = rest.indexOf('=');
    String name = equals < 0 ? rest : rest.substring(0, equals);
    if (SETS.contains(name)) {
      String path = equals < 0 ? "" : rest.substring(equals + 1);
      Check.that(
          !path.isEmpty() || name.equals("mnist") && equals < 0,
          "images",
          text,
          "must name the folder of its files: " + name + "=DIR");
      return new ImageSpec(name, path, test);
    }
    String near = Suggestion.of(name, SETS);
    Check.that(
        !text.isEmpty() && Files.exists(Path.of(text)),
        "images",
        text,
        "must be a file, a folder or a data set: mnist, fashion-mnist=DIR or cifar10=DIR, with"
            + " :test for the test images"
            + (near == null ? "" : "; did you mean " + near + "?"));
    return new ImageSpec("", text, false);
  }

  /** Whether the images are given black margins rather than resampled, which loses nothing. */
  public boolean padded() {
    return set.equals("mnist") || set.equals("fashion-mnist");
  }

  /** The other part of a data set: test images for training images, and the other way. */
  public ImageSpec otherPart() {
    return new ImageSpec(set, path, !test);
  }

  /** Whether it has a part to train with and one to test with. */
  public boolean parted() {
    return !set.isEmpty();
  }

  /**
   * Opens the images.
   *
   * @param size height and width; 0 to leave them. MNIST's and Fashion-MNIST's are given black
   *     margins, as in training; all others are resampled
   * @throws JiffusionException if there are none, or some are damaged
   */
  public ImageSource open(int size) {
    Check.that(size >= 0 && size <= 1 << 13, "size", size, "must be 1 to " + (1 << 13));
    Path folder = path.isEmpty() ? Home.folder().resolve("data/mnist") : Path.of(path);
    String name =
        set + (path.isEmpty() ? "" : "=" + Shown.line(path)) + (test ? ", test" : ", train");
    return switch (set) {
      case "mnist" -> ImageSources.of(name, Mnist.digits(folder, !test, padded(size)));
      case "fashion-mnist" -> ImageSources.of(name, Mnist.fashion(folder, !test, padded(size)));
      case "cifar10" ->
          ImageSources.resized(ImageSources.of(name, Cifar10.read(folder, !test)), size);
      default -> ImageSources.open(folder, size);
    };
  }

  private static int padded(int size) {
    return size == 0 ? Mnist.SIZE : size;
  }
}
