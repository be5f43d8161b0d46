package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The pictures of a folder or of a zip archive, sub-folders as classes, decoded when they are read.
 * Their sizes are looked at on opening.
 */
final class PictureImages implements ImageSource {
  private static final long MAX_TABLE = 1 << 27; // of an archive of about a million pictures
  private static final long MAX_ENTRY = 1 << 28; // what the largest picture takes, not compressed
  private static final int MAX_DEFLATE_RATIO = 1032;

  private final Path place;
  private final String name;
  private final PictureFolder found;
  private final AutoCloseable archive;
  private final ImageFile.Head head;
  private final boolean resized;
  private final PixelSum sum = new PixelSum();

  private PictureImages(Path place, PictureFolder found, AutoCloseable archive, int resize) {
    this.place = place;
    resized = resize > 0;
    name = place + (resized ? ResizedImages.resized(resize) : "");
    this.found = found;
    this.archive = archive;
    head = head(place, found.pictures(), resize);
  }

  /**
   * Opens a folder.
   *
   * @param resize height and width to which the middle square of each is resampled; 0 to leave them
   * @throws JiffusionException if it has no pictures, or they have several sizes and are left so
   */
  static PictureImages folder(Path folder, int resize) {
    return new PictureImages(folder, PictureFolder.look(folder), () -> {}, resize);
  }

  /** Opens a zip archive likewise; nothing is unpacked to the disk. */
  static PictureImages zip(Path file, int resize) {
    Npz.checkTable(file, MAX_TABLE);
    checkEntries(file);
    FileSystem archive = null;
    PictureImages opened = null;
    try {
      archive = FileSystems.newFileSystem(file);
      Path root = archive.getPath("/");
      opened = new PictureImages(file, PictureFolder.look(root), archive, resize);
      return opened;
    } catch (ZipException e) {
      throw damaged(file, e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    } catch (JiffusionException e) {
      throw within(file, e);
    } finally {
      if (opened == null && archive != null) {
        close(archive);
      }
    }
  }

  /** No entry unpacks to more than the largest picture, whatever it declares. */
  private static void checkEntries(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        boolean stored = entry.getMethod() == ZipEntry.STORED;
        long most = entry.getCompressedSize() * (stored ? 1 : MAX_DEFLATE_RATIO);
        if (most > MAX_ENTRY && ImageFile.named(entry.getName())) {
          try (InputStream in = zip.getInputStream(entry)) {
            if (in.skip(MAX_ENTRY + 1) > MAX_ENTRY) {
              throw new JiffusionException(
                  file
                      + " has an entry of more than "
                      + (MAX_ENTRY >> 20)
                      + " MB when unpacked, must be pictures: "
                      + Shown.value(entry.getName()));
            }
          }
        }
      }
    } catch (ZipException e) {
      throw damaged(file, e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Paths in an archive do not say in which. */
  private static JiffusionException within(Path file, JiffusionException e) {
    return e.getMessage().contains(file.toString())
        ? e
        : new JiffusionException("in " + file + ": " + e.getMessage(), e);
  }

  private static JiffusionException damaged(Path file, Exception e) {
    return new JiffusionException(
        file + " is no zip archive, or damaged: " + e.getMessage() + "; copy or make it again", e);
  }

  /** What all pictures are: RGB if any is, of one size. */
  private static ImageFile.Head head(Path place, List<Path> pictures, int resize) {
    List<ImageFile.Head> heads = pictures.parallelStream().map(ImageFile::head).toList();
    ImageFile.Head first = heads.get(0);
    for (int i = 1; i < heads.size() && resize == 0; i++) {
      if (heads.get(i).height() != first.height() || heads.get(i).width() != first.width()) {
        throw new JiffusionException(
            place
                + " has pictures of several sizes: "
                + told(pictures.get(0), first)
                + ", "
                + told(pictures.get(i), heads.get(i))
                + ", must all have one; resize them with --resize N");
      }
    }
    int channels = heads.stream().mapToInt(ImageFile.Head::channels).max().orElseThrow();
    return new ImageFile.Head(
        resize == 0 ? first.height() : resize, resize == 0 ? first.width() : resize, channels);
  }

  private static String told(Path picture, ImageFile.Head head) {
    return picture.getFileName() + " is " + head.width() + "x" + head.height();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String fingerprint() {
    return sum.of(this);
  }

  @Override
  public int count() {
    return found.pictures().size();
  }

  @Override
  public int height() {
    return head.height();
  }

  @Override
  public int width() {
    return head.width();
  }

  @Override
  public int channels() {
    return head.channels();
  }

  @Override
  public List<String> classes() {
    return found.classes();
  }

  @Override
  public int label(int index) {
    return found.labels().isEmpty() ? 0 : found.labels().get(index);
  }

  @Override
  public Images read(int from, int count) {
    int size = height() * width() * channels();
    byte[] bytes = new byte[Math.multiplyExact(count, size)];
    IntStream.range(0, count)
        .parallel()
        .forEach(i -> System.arraycopy(one(from + i), 0, bytes, i * size, size));
    Images read = new Images(count, height(), width(), channels(), bytes);
    sum.add(from, read);
    return read;
  }

  private byte[] one(int index) {
    Path file = found.pictures().get(index);
    try {
      if (resized) {
        return ImageFile.read(file, height(), channels()).bytes();
      }
      Images image = ImageFile.read(file);
      if (image.height() != height() || image.width() != width()) {
        throw new JiffusionException(
            file + " is not as it was on opening, must stay as it is while it is read");
      }
      return Pixels.withChannels(image, channels()).bytes();
    } catch (JiffusionException e) {
      throw within(place, e);
    }
  }

  @Override
  public void close() {
    close(archive);
  }

  private static void close(AutoCloseable archive) {
    try {
      archive.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
