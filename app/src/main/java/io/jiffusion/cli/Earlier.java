package io.jiffusion.cli;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What an earlier call left in the folder of the results: results of two requests never mix. */
final class Earlier {
  private static final Pattern RESULT =
      Pattern.compile(
          "image-[0-9]{4,}\\.png|(grid|points|trajectory)\\.png|trajectory\\.gif"
              + "|(images|values)\\.(npz|npy|safetensors)|images\\.json");

  private Earlier() {}

  /**
   * The folder for the results of a request, made and found to be writable.
   *
   * @param given by the user; null for the usual one, or where that has results of another request
   *     the first of {@code USUAL-2}, {@code USUAL-3} … that has none
   * @param expected the text of a picture of this request by its file's name; null where it makes
   *     none of that name
   * @param overwrite whether results of another request are removed
   * @throws JiffusionException if the given folder has results of another request
   */
  static Path folder(
      Path given, String usual, Function<String, String> expected, boolean overwrite) {
    Path folder = given == null ? Path.of(usual) : given;
    for (int i = 2; given == null && !overwrite && other(folder, expected) != null; i++) {
      folder = Path.of(usual + "-" + i);
    }
    Path other = other(folder, expected);
    if (other != null && !overwrite) {
      throw refusal(other);
    }
    Output.folder(folder);
    if (other != null) {
      results(folder).forEach(Earlier::remove);
    }
    return folder;
  }

  /** A result that is not of this request; null if there is none. */
  private static Path other(Path folder, Function<String, String> expected) {
    for (Path file : results(folder)) {
      String name = file.getFileName().toString();
      // A GIF tells nothing, but lies beside a picture that does; arrays lie alone.
      if (!name.endsWith(".gif") && !request(file).equals(expected.apply(name))) {
        return file;
      }
    }
    return null;
  }

  static JiffusionException refusal(Path file) {
    return new JiffusionException(
        file
            + " is of an earlier call and perhaps of another request; choose another folder with"
            + " --out, or replace the results there with --overwrite");
  }

  private static List<Path> results(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> RESULT.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  private static String request(Path file) {
    try {
      return Png.texts(file).getOrDefault(Origin.REQUEST, "");
    } catch (JiffusionException e) {
      return "";
    }
  }

  static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new JiffusionException("cannot remove " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
