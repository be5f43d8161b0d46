package io.jiffusion.cli;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.pipeline.ResultFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where results go. */
final class Output {
  private Output() {}

  /** Refuses a folder that has something in it, so that nothing is lost or mixed. */
  static void mustBeEmpty(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> inside = Files.list(folder)) {
      if (inside.findAny().isPresent()) {
        throw new JiffusionException(
            folder + " is not empty, must be a new or empty folder; choose another with --out");
      }
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot write " + folder + ": " + AtomicFile.reason(e) + "; choose another with --out",
          e);
    }
  }

  /** The folder for the results of a request, which is there; see {@link ResultFiles#folder}. */
  static Path folder(ResultFiles results, Path given, String usual, boolean overwrite) {
    Path folder = folder(results.folder(given, usual, overwrite));
    if (overwrite) {
      results.removeOthers(folder);
    }
    return folder;
  }

  /** Makes a folder and writes to it, before the work whose results it shall hold. */
  static Path folder(Path folder) {
    boolean made = false;
    try {
      Files.createDirectories(folder);
      made = true;
      Files.delete(Files.createTempFile(folder, "jiffusion-", ".tmp"));
      return folder;
    } catch (IOException e) {
      throw new JiffusionException(
          (made ? "cannot write to the folder " : "cannot make the folder ")
              + folder
              + ": "
              + AtomicFile.reason(e)
              + "; choose another with --out",
          e);
    }
  }
}
