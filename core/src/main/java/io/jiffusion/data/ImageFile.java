package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.SampleModel;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * Pictures from anywhere: PNG, JPEG, GIF (its first frame on its screen), BMP, WebP (its first
 * frame) or TIFF (its first page), told by content, set upright as their Exif says.
 *
 * <p>Colours are the numbers that are stored, in every format alike: a colour profile is not
 * applied, as it is not in the programs that models are usually trained with, and so a broken one
 * does no harm. CMYK becomes RGB by (255−C)(255−K)/255.
 */
public final class ImageFile {
  /** The largest picture that is decoded, in pixels. */
  public static final long MAX_PIXELS = 1L << 26;

  /** Endings of the names that such files usually have. */
  static final List<String> ENDINGS =
      List.of(".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".gif", ".bmp", ".webp", ".tif", ".tiff");

  private static final String KINDS = "PNG, JPEG, GIF, BMP, WebP or TIFF";

  /** Pictures of more pixels are thinned before they are reduced to a small size. */
  private static final long MANY_PIXELS = 1L << 24;

  private static final long MOST_PIXELS_OF_A_BYTE = 4096;

  /** What is made of a pixel: its bytes, and they once more to set them upright. */
  private static final int MADE_BYTES = 6;

  private enum Format {
    PNG,
    JPEG,
    GIF,
    BMP,
    WEBP,
    TIFF
  }

  private ImageFile() {}

  /** Whether a name ends like a picture's. */
  public static boolean named(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(lower::endsWith);
  }

  /**
   * Reads a picture. Its declared size is looked at before a pixel is decoded.
   *
   * @return one image, grey or RGB; what shines through is put on white
   * @throws JiffusionException if it is something else, damaged, or too large for the memory
   */
  public static Images read(Path file) {
    return read(file, 0);
  }

  /**
   * Reads a picture to the end of a stream, which stays open. It goes through a temporary file, as
   * its size is looked at before its pixels.
   *
   * @return one image, as {@link #read(Path)} gives it
   * @throws JiffusionException if it is no picture, damaged, or too large for the memory
   */
  public static Images read(InputStream in) {
    try {
      Path file = Files.createTempFile("jiffusion-", ".picture");
      try {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        return read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new JiffusionException("cannot read the picture: " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Reads a picture at a size: the largest square in its middle, resampled.
   *
   * <p>Of a picture of more than 2^24 pixels only each second row and column are decoded (or third,
   * and so on, as long as two pixels remain for each one wanted).
   *
   * @param size height and width wanted
   * @param channels 1 for grey, 3 for RGB
   */
  public static Images read(Path file, int size, int channels) {
    return Pixels.square(Pixels.withChannels(read(file, size), channels), size);
  }

  private static Images read(Path file, int size) {
    return open(file, (in, format) -> read(file, in, format, size));
  }

  /**
   * What a picture will be when it is read.
   *
   * @param height in pixels
   * @param width in pixels
   * @param channels 1 for grey, 3 for RGB
   */
  record Head(int height, int width, int channels) {}

  /**
   * Looks at a picture without decoding its pixels.
   *
   * @throws JiffusionException if it is something else, damaged, or declares too many pixels
   */
  static Head head(Path file) {
    return open(file, (in, format) -> head(file, in, format));
  }

  /** What is done with an open picture. */
  @FunctionalInterface
  private interface Reading<T> {
    T of(PictureStream in, Format format) throws IOException;
  }

  /** Opens a picture and says in a sentence what fails. */
  private static <T> T open(Path file, Reading<T> reading) {
    if (!Files.isReadable(file)) {
      throw new JiffusionException(
          "cannot read " + file + ": there is no such file, or permission denied");
    }
    if (!Files.isRegularFile(file)) {
      throw new JiffusionException("cannot read " + file + ": it is no file");
    }
    try (PictureStream in = new PictureStream(file)) {
      Format format = format(in);
      if (format == null) {
        throw new JiffusionException(file + " is no picture, must be " + KINDS);
      }
      return reading.of(in, format);
    } catch (OutOfMemoryError e) { // a decoder's own tables, or others took the memory meanwhile
      throw new JiffusionException(file + " needs more memory than is left; " + remedy(), e);
    } catch (EOFException e) {
      throw new JiffusionException(
          file
              + " is damaged, or cut short"
              + (e.getMessage() == null ? "" : ": " + e.getMessage())
              + "; copy or download it again",
          e);
    } catch (JiffusionException e) {
      throw e;
    } catch (IOException e) {
      throw undecodable(file, AtomicFile.reason(e), e);
    } catch (RuntimeException e) { // decoders fail in many ways on damaged files
      String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw undecodable(file, reason, e);
    }
  }

  private static JiffusionException undecodable(Path file, String reason, Exception e) {
    return new JiffusionException(
        file + " is damaged, or of a kind that Java cannot decode: " + reason, e);
  }

  private static Format format(PictureStream in) throws IOException {
    byte[] start = new byte[12];
    int count = 0;
    for (int more = 0; more >= 0 && count < start.length; count += Math.max(0, more)) {
      more = in.read(start, count, start.length - count);
    }
    in.seek(0);
    String text = new String(start, 0, count, StandardCharsets.ISO_8859_1);
    if (text.startsWith("\u0089PNG\r\n\u001A\n")) {
      return Format.PNG;
    } else if (text.startsWith("\u00FF\u00D8\u00FF")) {
      return Format.JPEG;
    } else if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) {
      return Format.GIF;
    } else if (text.startsWith("BM")) {
      return Format.BMP;
    } else if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
      return Format.WEBP;
    }
    return text.startsWith("II*\0") || text.startsWith("MM\0*") ? Format.TIFF : null;
  }

  private static Head head(Path file, PictureStream in, Format format) throws IOException {
    GifScreen screen = format == Format.GIF ? GifScreen.read(in) : null;
    Jpeg jpeg = format == Format.JPEG ? Jpeg.read(in) : null;
    PictureHead head = head(file, in, format, jpeg);
    in.begin(head.bytes(), head.rest());
    ImageReader reader = decoder(format);
    try {
      reader.setInput(in, true, true);
      int width = screen == null ? reader.getWidth(0) : screen.width();
      int height = screen == null ? reader.getHeight(0) : screen.height();
      check(file, width, height);
      int channels = jpeg != null ? jpeg.channels() : screen != null ? 3 : channels(reader);
      return Exif.exchanged(head.orientation())
          ? new Head(width, height, channels)
          : new Head(height, width, channels);
    } finally {
      reader.dispose();
    }
  }

  /** What {@link Pixels} makes of a picture. */
  private static int channels(ImageReader reader) throws IOException {
    Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
    ColorModel model = types.hasNext() ? types.next().getColorModel() : null;
    return model == null || model instanceof IndexColorModel || model.getNumColorComponents() > 1
        ? 3
        : 1;
  }

  private static PictureHead head(Path file, PictureStream in, Format format, Jpeg jpeg)
      throws IOException {
    return switch (format) {
      case PNG -> PictureHead.png(in);
      case JPEG -> jpeg.head();
      case GIF -> PictureHead.whole(Exif.UPRIGHT);
      case BMP -> PictureHead.bmp(in, file);
      case WEBP -> PictureHead.webp(in);
      case TIFF -> PictureHead.tiff(in);
    };
  }

  private static Images read(Path file, PictureStream in, Format format, int size)
      throws IOException {
    GifScreen screen = format == Format.GIF ? GifScreen.read(in) : null;
    Jpeg jpeg = format == Format.JPEG ? Jpeg.read(in) : null;
    PictureHead head = head(file, in, format, jpeg);
    in.begin(head.bytes(), head.rest());
    ImageReader reader = decoder(format);
    String[] warning = new String[1];
    try {
      reader.setInput(in, true, true); // without metadata, which may be compressed without bound
      reader.addIIOReadWarningListener((source, text) -> warning[0] = damage(text, warning[0]));
      int width = screen == null ? reader.getWidth(0) : screen.width();
      int height = screen == null ? reader.getHeight(0) : screen.height();
      check(file, width, height);
      if (format == Format.WEBP) {
        checkContent(file, (long) width * height, in.length());
      }
      int thinned = format == Format.WEBP ? 1 : thinned(width, height, size);
      checkMemory(file, width, height, thinned, bytes(reader, format));
      ImageReadParam how = reader.getDefaultReadParam();
      how.setSourceSubsampling(thinned, thinned, 0, 0);
      Images image;
      if (jpeg != null) {
        image = jpeg.pixels(reader.readRaster(0, how));
      } else if (screen != null) {
        image = Pixels.of(screen.with(reader.read(0, how), thinned));
      } else {
        image = Pixels.of(reader.read(0, how));
      }
      if (warning[0] != null) {
        throw new JiffusionException(file + " is damaged: " + warning[0]);
      }
      return Exif.upright(image, head.orientation());
    } finally {
      reader.dispose();
    }
  }

  /** Java's own decoder, or the plug-in's. */
  private static ImageReader decoder(Format format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    if (!readers.hasNext()) {
      throw new JiffusionException(
          "this Java has no decoder for " + format + "; use a JDK with the module java.desktop");
    }
    return readers.next();
  }

  /** A warning that tells of lost pixels; other programs say nothing of the rest either. */
  private static String damage(String warning, String before) {
    boolean harmless = warning.contains("extraneous bytes") || warning.contains("ICC profile");
    return harmless || before != null ? before : warning;
  }

  private static void check(Path file, int width, int height) {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new JiffusionException(
          file
              + " declares "
              + width
              + "x"
              + height
              + " pixels, must be 1 to "
              + MAX_PIXELS
              + " in all");
    }
  }

  /** The plug-in decodes even what a few bytes declare, which takes it many seconds. */
  private static void checkContent(Path file, long pixels, long bytes) {
    if (pixels > 1 << 20 && pixels / MOST_PIXELS_OF_A_BYTE > bytes) {
      throw new JiffusionException(
          file
              + " declares "
              + pixels
              + " pixels in "
              + bytes
              + " bytes, must be at most "
              + MOST_PIXELS_OF_A_BYTE
              + " for each");
    }
  }

  /** One of so many rows and columns is decoded. */
  private static int thinned(int width, int height, int size) {
    int wished = (int) Math.ceil(Math.sqrt((double) width * height / MANY_PIXELS));
    int possible = size == 0 ? 1 : Math.min(width, height) / (2 * size);
    return Math.max(1, Math.min(wished, possible));
  }

  /** Bytes of a decoded pixel. */
  private static int bytes(ImageReader reader, Format format) throws IOException {
    if (format == Format.JPEG) {
      return 4;
    }
    Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
    if (!types.hasNext()) {
      return 4;
    }
    SampleModel model = types.next().getSampleModel();
    int bytes = 0;
    for (int band = 0; band < model.getNumBands(); band++) {
      bytes += (model.getSampleSize(band) + 7) / 8;
    }
    return format == Format.GIF || format == Format.WEBP ? Math.max(5, bytes) : bytes;
  }

  private static void checkMemory(Path file, int width, int height, int thinned, int bytes) {
    long need = (long) (width / thinned) * (height / thinned) * (bytes + MADE_BYTES);
    long most = Runtime.getRuntime().maxMemory() / 2;
    if (need > most) {
      throw new JiffusionException(
          file
              + " has "
              + width
              + "x"
              + height
              + " pixels, which need "
              + (need >> 20)
              + " MB of memory, must be at most "
              + (most >> 20)
              + ", half of what Java has; "
              + remedy());
    }
  }

  private static String remedy() {
    return "make the picture smaller, or give Java more memory: JIFFUSION_JAVA_OPTS=-Xmx2g";
  }
}
