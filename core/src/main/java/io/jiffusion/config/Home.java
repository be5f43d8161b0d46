package io.jiffusion.config;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where the data and models are that come with the program. */
public final class Home {
  /** Name of the model that comes with the program. */
  public static final String BUNDLED = "bundled";

  private static final String MODELS = "models";
  private static final Map<String, Path> UNPACKED = new ConcurrentHashMap<>();

  private Home() {}

  /** The run folder of this name. */
  public static Path model(String name) {
    return name.equals(BUNDLED) ? bundled("mnist") : Path.of(name);
  }

  /** The classifier of noisy digits that guides the bundled model. */
  public static Path noisyClassifier() {
    return bundled("mnist-noisy-classifier");
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

  /** In the project's folder; where the library is used without it, unpacked from its jar. */
  private static Path bundled(String name) {
    Path there = folder().resolve(MODELS).resolve(name);
    return Files.isDirectory(there) ? there : UNPACKED.computeIfAbsent(name, Home::unpack);
  }

  /** Files that are opened at any place want a file system; they go when the program ends. */
  private static Path unpack(String name) {
    try {
      Path folder = Files.createTempDirectory("jiffusion-" + name + "-");
      folder.toFile().deleteOnExit();
      for (String file : List.of("run.json", "weights.safetensors", "noise.json")) {
        Path to = folder.resolve(file);
        to.toFile().deleteOnExit();
        try (InputStream in =
            Home.class.getResourceAsStream("/" + MODELS + "/" + name + "/" + file)) {
          if (in != null) { // a classifier has one of them
            Files.copy(in, to);
          }
        }
      }
      return folder;
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot unpack the model that comes with the library: "
              + AtomicFile.reason(e)
              + "; make room for temporary files, or name another folder for them by"
              + " -Djava.io.tmpdir",
          e);
    }
  }
}
