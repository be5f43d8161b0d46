package io.jiffusion.data;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Any folder of pictures as a data set: the centre of each, at one size. Where the pictures lie in
 * sub-folders, each sub-folder is a class, in the order of their names.
 */
public final class ImageFolder {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp");

  private ImageFolder() {}

  /**
   * Reads every file whose name ends like a picture's; other files are passed over. A name that
   * begins with a dot is hidden.
   *
   * @param size height and width wanted
   * @param channels 1 for grey, 3 for RGB
   * @throws JiffusionException if there are no pictures, or one cannot be read: a data set is never
   *     silently smaller
   */
  public static ImageSet read(Path folder, int size, int channels) {
    if (size < 1 || channels != 1 && channels != 3) {
      throw new IllegalArgumentException(
          "illegal size or channels: "
              + size
              + " and "
              + channels
              + ", must be 1 or more and 1 or 3");
    }
    List<Path> classes =
        list(folder).filter(Files::isDirectory).filter(sub -> !pictures(sub).isEmpty()).toList();
    List<Path> files = new ArrayList<>(list(folder).filter(ImageFolder::isPicture).toList());
    if (!files.isEmpty() && !classes.isEmpty()) {
      throw new JiffusionException(
          folder
              + " has pictures of its own and in sub-folders such as "
              + classes.get(0).getFileName()
              + ", must have one or the other; move them");
    }
    int loose = files.size();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      List<Path> members = pictures(classes.get(label));
      files.addAll(members);
      labels.addAll(java.util.Collections.nCopies(members.size(), label));
    }
    if (files.isEmpty()) {
      throw new JiffusionException(
          "no pictures in " + folder + ", must be files named " + String.join(", ", ENDINGS));
    }
    int imageSize = size * size * channels;
    if ((long) files.size() * imageSize > Integer.MAX_VALUE - 8) {
      throw new JiffusionException(
          folder
              + " has "
              + files.size()
              + " pictures, too many to hold in 2 GB at "
              + size
              + "x"
              + size
              + "; use a smaller size or fewer pictures");
    }
    byte[] bytes = new byte[files.size() * imageSize];
    for (int i = 0; i < files.size(); i++) {
      Images image = ImageFile.read(files.get(i), size, channels);
      System.arraycopy(image.bytes(), 0, bytes, i * imageSize, imageSize);
    }
    return new ImageSet(
        new Images(files.size(), size, size, channels, bytes),
        loose > 0 ? null : labels.stream().mapToInt(Integer::intValue).toArray(),
        classes.stream().map(path -> path.getFileName().toString()).toList());
  }

  private static Stream<Path> list(Path folder) {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .sorted(Comparator.comparing(path -> path.getFileName().toString()))
          .toList()
          .stream();
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot read the folder " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  private static List<Path> pictures(Path folder) {
    return list(folder).filter(ImageFolder::isPicture).toList();
  }

  private static boolean isPicture(Path path) {
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(name::endsWith) && Files.isRegularFile(path);
  }
}
