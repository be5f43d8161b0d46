package io.jiffusion.config;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the data and models are that come with the program. */
public final class Home {
  /** Name of the model that comes with the program. */
  public static final String BUNDLED = "bundled";

  private Home() {}

  /** The run folder of this name. */
  public static Path model(String name) {
    return name.equals(BUNDLED) ? folder().resolve("models").resolve("mnist") : Path.of(name);
  }

  /** The classifier of noisy digits that guides the bundled model. */
  public static Path noisyClassifier() {
    return folder().resolve("models").resolve("mnist-noisy-classifier");
  }

  /** The project's folder: the nearest one above the program that has {@code data/mnist}. */
  public static Path folder() {
    try {
      Path program =
          Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      for (Path folder = program.getParent(); folder != null; folder = folder.getParent()) {
        if (Files.isDirectory(folder.resolve("data/mnist"))) {
          return folder;
        }
      }
    } catch (URISyntaxException | SecurityException e) {
      // Not started from a file: the present folder is as good a guess as any.
    }
    return Path.of("");
  }
}
