package io.jiffusion.cli;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where results go. */
final class Output {
  private Output() {}

  /** Makes a folder, before the work whose results it shall hold. */
  static Path folder(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot make the folder "
              + folder
              + ": "
              + AtomicFile.reason(e)
              + "; choose another with --out",
          e);
    }
  }
}
