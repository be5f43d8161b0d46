package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Images in an array of bytes [N, H, W, C]: an npy file, or {@code arr_0} of an npz file, as the
 * field exchanges samples (guided diffusion's reference batches have more arrays, which are left
 * alone). {@code arr_1}, whole numbers [N], is the class of each. The array may be larger than
 * memory: it is read on from where the last reading ended, and from the start for what lies before.
 */
final class ArrayImages implements ImageSource {
  private static final String IMAGES = "arr_0";
  private static final String LABELS = "arr_1";
  private static final int MAX_CLASSES = 100_000;

  private final Path file;
  private final ZipFile zip; // null for npy
  private final ZipEntry entry;
  private final int count;
  private final int height;
  private final int width;
  private final int channels;
  private final int[] labels; // null where there are none
  private final List<String> classes;
  private final PixelSum sum = new PixelSum();
  private InputStream in;
  private CheckedInputStream checked; // null where something was passed over
  private int next; // image that comes next

  private ArrayImages(Path file, ZipFile zip) throws IOException {
    this.file = file;
    this.zip = zip;
    this.entry = zip == null ? null : zip.getEntry(IMAGES + ".npy");
    if (zip != null && entry == null) {
      throw new JiffusionException(
          file
              + " has no array "
              + IMAGES
              + ", must have the images there, bytes [N, H, W, C]; it has "
              + PictureFolder.some(zip.stream().map(e -> Shown.value(e.getName())).toList(), ", "));
    }
    NpyHeader header = begin();
    long[] shape = header.shape();
    check(header);
    count = (int) shape[0];
    height = (int) shape[1];
    width = (int) shape[2];
    channels = (int) shape[3];
    labels = zip == null ? null : labels();
    classes =
        labels == null
            ? List.of()
            : IntStream.rangeClosed(0, Arrays.stream(labels).max().orElse(0))
                .mapToObj(Integer::toString)
                .toList();
  }

  /**
   * Opens a file.
   *
   * @param file named .npy or .npz
   * @throws JiffusionException if it has no such array
   */
  static ArrayImages open(Path file) {
    ZipFile zip = null;
    ArrayImages opened = null;
    try {
      if (file.toString().endsWith(".npz")) {
        Npz.checkTable(file, Npz.MAX_TABLE);
        zip = new ZipFile(file.toFile());
      }
      opened = new ArrayImages(file, zip);
      return opened;
    } catch (IOException e) {
      throw failed(file, e);
    } finally {
      if (opened == null && zip != null) {
        close(zip, file);
      }
    }
  }

  private NpyHeader begin() throws IOException {
    if (in != null) {
      in.close();
    }
    InputStream raw = zip == null ? Files.newInputStream(file) : zip.getInputStream(entry);
    checked = new CheckedInputStream(new BufferedInputStream(raw, 1 << 16), new CRC32());
    in = checked;
    next = 0;
    return NpyHeader.read(in, where());
  }

  private String where() {
    return zip == null ? file.toString() : file + ", array " + IMAGES + ",";
  }

  private void check(NpyHeader header) throws IOException {
    long[] shape = header.shape();
    String what = header.type() + " " + Arrays.toString(shape);
    if (header.type() != Npy.Type.U1) {
      throw new JiffusionException(
          where()
              + " is "
              + what
              + ", must be bytes (uint8) of 0 to 255; of floats in [-1, 1] make ((x + 1) *"
              + " 127.5).round().astype('uint8')");
    }
    boolean channelsFirst = shape.length == 4 && (shape[1] == 1 || shape[1] == 3);
    if (shape.length != 4 || shape[3] != 1 && shape[3] != 3 || shape[1] < 1 || shape[2] < 1) {
      throw new JiffusionException(
          where()
              + " is "
              + what
              + ", must be [N, H, W, C] with 1 or 3 channels"
              + (channelsFirst ? "; save numpy.ascontiguousarray(x.transpose(0, 2, 3, 1))" : ""));
    }
    if (shape[0] < 1) {
      throw new JiffusionException(where() + " is " + what + ", must have 1 image or more");
    }
    if (shape[1] * shape[2] > ImageFile.MAX_PIXELS) {
      throw new JiffusionException(
          where()
              + " is "
              + what
              + ", must be images of at most "
              + ImageFile.MAX_PIXELS
              + " pixels");
    }
    long have = zip == null ? Files.size(file) : entry.getSize();
    if (have >= 0 && have < header.bytes()) {
      throw new JiffusionException(
          where()
              + " is cut short: it declares "
              + header.bytes()
              + " bytes, it holds "
              + have
              + "; copy or make it again");
    }
  }

  private int[] labels() throws IOException {
    ZipEntry labelled = zip.getEntry(LABELS + ".npy");
    if (labelled == null) {
      return null;
    }
    String where = file + ", array " + LABELS + ",";
    try (InputStream bytes = new BufferedInputStream(zip.getInputStream(labelled))) {
      NpyHeader header = NpyHeader.read(bytes, where);
      if (header.type().floating() || header.shape().length != 1 || header.shape()[0] != count) {
        return null; // something else
      }
    }
    long[] values;
    try (InputStream bytes = new BufferedInputStream(zip.getInputStream(labelled))) {
      values = Npy.read(bytes, Long.MAX_VALUE, 0, where).longs();
    }
    int[] checked = new int[count];
    for (int i = 0; i < count; i++) {
      if (values[i] < 0 || values[i] >= MAX_CLASSES) {
        throw new JiffusionException(
            where
                + " has class "
                + values[i]
                + " at image "
                + i
                + ", must be 0 to "
                + (MAX_CLASSES - 1));
      }
      checked[i] = (int) values[i];
    }
    return checked;
  }

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public String fingerprint() {
    return sum.of(this);
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int height() {
    return height;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels == null ? 0 : labels[index];
  }

  @Override
  public synchronized Images read(int from, int some) {
    int size = height * width * channels;
    byte[] bytes = new byte[Math.multiplyExact(some, size)];
    try {
      if (from < next) {
        begin();
      }
      if (from > next) {
        in.skipNBytes((from - next) * (long) size);
        checked = null;
      }
      int have = in.readNBytes(bytes, 0, bytes.length);
      if (have < bytes.length) {
        throw new EOFException();
      }
      next = from + some;
      if (next == count) {
        checkEnd();
      }
    } catch (EOFException e) {
      throw new JiffusionException(
          where() + " is cut short: it ends before its last image; copy or make it again", e);
    } catch (IOException e) {
      throw failed(file, e);
    }
    Images read = new Images(some, height, width, channels, bytes);
    sum.add(from, read);
    return read;
  }

  /** What was read whole must fit the archive's checksum, and end. */
  private void checkEnd() throws IOException {
    if (in.read() >= 0) {
      throw new JiffusionException(
          where() + " goes on after its last image, must end there; copy or make it again");
    }
    if (zip != null && checked != null && checked.getChecksum().getValue() != entry.getCrc()) {
      throw new JiffusionException(
          where() + " is damaged: it does not fit its checksum; copy or make it again");
    }
  }

  private static JiffusionException failed(Path file, IOException e) {
    return e instanceof ZipException
        ? new JiffusionException(
            file + " is no npz file, or damaged: it is no readable zip; copy or make it again", e)
        : new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
  }

  @Override
  public synchronized void close() {
    close(in, file);
    if (zip != null) {
      close(zip, file);
    }
  }

  private static void close(AutoCloseable open, Path file) {
    try {
      open.close();
    } catch (Exception e) {
      throw new IllegalStateException("cannot close " + file, e);
    }
  }
}
