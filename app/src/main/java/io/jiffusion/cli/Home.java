package io.jiffusion.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the program's own files are. */
final class Home {
  /** Name of the model that comes with the program. */
  static final String BUNDLED = "bundled";

  private Home() {}

  /** The run folder of this name. */
  static Path model(String name) {
    return name.equals(BUNDLED) ? folder().resolve("models").resolve("mnist") : Path.of(name);
  }

  /** The project's folder: the nearest one above the program that has models. */
  static Path folder() {
    try {
      Path program = Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      for (Path folder = program.getParent(); folder != null; folder = folder.getParent()) {
        if (Files.isDirectory(folder.resolve("models"))) {
          return folder;
        }
      }
    } catch (URISyntaxException | SecurityException e) {
      // Not started from a file: the present folder is as good a guess as any.
    }
    return Path.of("");
  }
}
