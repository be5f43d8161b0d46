package io.jiffusion.pipeline;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files that a request makes in a folder, each with the texts that tell it; so that results of
 * two requests never mix.
 *
 * @param provenance of all of them
 * @param request that makes them
 * @param pictures whether pictures are among them, which tell their request; arrays do not
 */
public record ResultFiles(Provenance provenance, SampleRequest request, boolean pictures) {
  private static final Pattern RESULT =
      Pattern.compile(
          "image-[0-9]{4,}\\.png|(grid|points|trajectory)\\.png|trajectory\\.gif"
              + "|(images|values)\\.(npz|npy|safetensors)|images\\.json");
  private static final Pattern SINGLE = Pattern.compile("image-([0-9]{4,9})\\.png");

  /** The name of the picture of one image. */
  public static String single(int image) {
    return String.format(Locale.ROOT, "image-%04d.png", image);
  }

  /** The texts of a picture of all images. */
  public Map<String, String> texts() {
    return provenance.texts(request);
  }

  /** The texts of the picture of one image. */
  public Map<String, String> texts(int image) {
    // given noise lies in one file for all, which is read whole to make one of them again
    return provenance.texts(request.noise() == null ? request.only(image) : request);
  }

  /**
   * The folder for the results.
   *
   * @param given by the user; null for the usual one, or where that has results of another request
   *     the first of {@code USUAL-2}, {@code USUAL-3} … that has none
   * @param overwrite whether results of another request may lie there, to be {@link #removeOthers
   *     removed}
   * @throws JiffusionException if the given folder has results of another request
   */
  public Path folder(Path given, String usual, boolean overwrite) {
    Path folder = given == null ? Path.of(usual) : given;
    for (int i = 2; given == null && !overwrite && other(folder) != null; i++) {
      folder = Path.of(usual + "-" + i);
    }
    Path other = overwrite ? null : other(folder);
    if (other != null) {
      throw refusal(other);
    }
    return folder;
  }

  /** Removes all results from a folder, if some are of another request. */
  public void removeOthers(Path folder) {
    if (other(folder) != null) {
      results(folder).forEach(ResultFiles::remove);
    }
  }

  /** A result that is not of this request; null if there is none. */
  private Path other(Path folder) {
    for (Path file : results(folder)) {
      String name = file.getFileName().toString();
      // A GIF tells nothing, but lies beside a picture that does; arrays lie alone.
      if (!name.endsWith(".gif") && !told(file).equals(expected(name))) {
        return file;
      }
    }
    return null;
  }

  /** The text that tells the request in a file of this name; null where there is none. */
  private String expected(String name) {
    if (!pictures) {
      return null;
    }
    Matcher matcher = SINGLE.matcher(name);
    if (!matcher.matches()) {
      return texts().get(Provenance.REQUEST);
    }
    int image = Integer.parseInt(matcher.group(1));
    return image < request.count() && name.equals(single(image))
        ? texts(image).get(Provenance.REQUEST)
        : null;
  }

  private static String told(Path file) {
    try {
      return Png.texts(file).getOrDefault(Provenance.REQUEST, "");
    } catch (JiffusionException e) {
      return "";
    }
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

  static JiffusionException refusal(Path file) {
    return new JiffusionException(
        file
            + " is of an earlier call and perhaps of another request; choose another folder with"
            + " --out, or replace the results there with --overwrite");
  }

  static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new JiffusionException("cannot remove " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
