package io.jiffusion.cli;

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

  /** The folder that the launcher names; without a launcher the present one. */
  static Path folder() {
    return Path.of(System.getProperty("jiffusion.home", ""));
  }
}
