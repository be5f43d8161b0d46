package io.jiffusion.data;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Sources of images: files, folders, and sets in memory. */
public final class ImageSources {
  private ImageSources() {}

  /**
   * A set in memory.
   *
   * @param name what it is called in results
   */
  public static ImageSource of(String name, ImageSet set) {
    return new HeldImages(name, set);
  }

  /**
   * Opens a file or a folder: npz with bytes {@code arr_0} [N, H, W, C], npy of such bytes, a zip
   * of pictures, or a folder of them, sub-folders as classes.
   *
   * @param resize height and width to which the middle square of each image is resampled by a
   *     triangle as wide as two pixels of the coarser grid, as training does it; 0 to leave them
   * @throws JiffusionException if it is none of these, damaged, or has pictures of several sizes
   *     that are not resized
   */
  public static ImageSource open(Path place, int resize) {
    String name = place.toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(place)) {
      return PictureImages.folder(place, resize);
    }
    if (!Files.exists(place)) {
      throw new JiffusionException("cannot read " + place + ": there is no such file or folder");
    }
    if (name.endsWith(".zip")) {
      return PictureImages.zip(place, resize);
    }
    if (name.endsWith(".npz") || name.endsWith(".npy")) {
      return resized(ArrayImages.open(place), resize);
    }
    throw new JiffusionException(
        "cannot read images from "
            + place
            + ", must be a folder, a .zip of pictures, a .npz or a .npy file");
  }

  /** The same images at a size, or as they are for 0. */
  public static ImageSource resized(ImageSource source, int size) {
    return size == 0 || source.height() == size && source.width() == size
        ? source
        : new ResizedImages(source, size);
  }

  /**
   * So many images of a source, evenly spread over all of them; the source is closed with it.
   *
   * @throws IllegalArgumentException if there are not so many
   */
  public static ImageSource spread(ImageSource source, int count) {
    Check.that(
        count >= 1 && count <= source.count(),
        "count",
        count,
        "must be from 1 to " + source.count() + ", the images that there are");
    return count == source.count() ? source : new SpreadImages(source, count);
  }

  /**
   * All of a source in memory.
   *
   * @throws JiffusionException if it does not fit
   */
  public static ImageSet held(ImageSource source) {
    long size = (long) source.height() * source.width() * source.channels();
    Heap.mustHold(source.count() * size, source.name());
    int[] labels = new int[source.count()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = source.label(i);
    }
    return new ImageSet(
        source.read(0, source.count()),
        source.classes().isEmpty() ? null : labels,
        source.classes());
  }
}
