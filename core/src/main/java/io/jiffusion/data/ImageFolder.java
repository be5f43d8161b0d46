package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Any folder of pictures as a data set: the centre of each, at one size. */
public final class ImageFolder {
  private static final Logger LOG = LoggerFactory.getLogger(ImageFolder.class);

  private ImageFolder() {}

  /**
   * Reads every picture of a folder, sub-folders as classes, as {@link PictureFolder} finds them.
   *
   * @param size height and width wanted
   * @param channels 1 for grey, 3 for RGB
   * @throws JiffusionException if there are no pictures, or some cannot be read: a data set is
   *     never silently smaller
   */
  public static ImageSet read(Path folder, int size, int channels) {
    return read(PictureFolder.look(folder), size, channels, false);
  }

  /**
   * Reads the pictures of a folder.
   *
   * @param skipUnreadable whether pictures that cannot be read are left out, with a warning
   * @throws JiffusionException that names those which cannot be read, all at once
   */
  public static ImageSet read(PictureFolder found, int size, int channels, boolean skipUnreadable) {
    if (size < 1 || channels != 1 && channels != 3) {
      throw new IllegalArgumentException(
          "illegal size or channels: "
              + size
              + " and "
              + channels
              + ", must be 1 or more and 1 or 3");
    }
    long need = (long) found.pictures().size() * size * size * channels;
    Heap.mustHold(need, found.folder() + " at " + size + "x" + size);
    int imageSize = size * size * channels;
    byte[] bytes = new byte[(int) need];
    List<Integer> labels = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    int count = 0;
    for (int i = 0; i < found.pictures().size(); i++) {
      try {
        Images image = ImageFile.read(found.pictures().get(i), size, channels);
        System.arraycopy(image.bytes(), 0, bytes, count++ * imageSize, imageSize);
        labels.add(found.labels().isEmpty() ? 0 : found.labels().get(i));
      } catch (JiffusionException e) {
        unreadable.add(e.getMessage());
      }
    }
    if (!unreadable.isEmpty()) {
      tell(found, unreadable, skipUnreadable, count);
    }
    byte[] read = count * imageSize == need ? bytes : Arrays.copyOf(bytes, count * imageSize);
    return new ImageSet(
        new Images(count, size, size, channels, read),
        found.labels().isEmpty() ? null : labels.stream().mapToInt(Integer::intValue).toArray(),
        found.classes());
  }

  private static void tell(PictureFolder found, List<String> unreadable, boolean skip, int read) {
    if (skip && read > 0) {
      LOG.warn(
          "{} of {} pictures cannot be read and are left out:\n  {}",
          unreadable.size(),
          found.pictures().size(),
          lines(unreadable));
    } else if (unreadable.size() == 1) {
      throw new JiffusionException(unreadable.get(0));
    } else {
      throw new JiffusionException(
          unreadable.size()
              + " of "
              + found.pictures().size()
              + " pictures cannot be read; mend or remove them, or leave them out with"
              + " --skip-unreadable:\n  "
              + lines(unreadable));
    }
  }

  private static String lines(List<String> all) {
    return PictureFolder.some(all, "\n  ");
  }
}
