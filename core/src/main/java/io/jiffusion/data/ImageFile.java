package io.jiffusion.data;

import io.jiffusion.run.AtomicFile;
import io.jiffusion.run.JiffusionException;
import java.awt.image.BufferedImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;

/** Pictures from anywhere: PNG, JPEG, GIF (its first frame) or BMP, told by content. */
public final class ImageFile {
  /** The largest picture that is decoded, in pixels. */
  public static final long MAX_PIXELS = 1L << 26;

  private static final Set<String> FORMATS = Set.of("png", "jpeg", "jpg", "gif", "bmp");

  private ImageFile() {}

  /**
   * Reads a picture. Its declared size is looked at before a pixel is decoded.
   *
   * @return one image, grey or RGB; what shines through is put on white
   * @throws JiffusionException if it is something else, too large, or damaged
   */
  public static Images read(Path file) {
    if (!Files.isReadable(file)) {
      throw new JiffusionException(
          "cannot read " + file + ": there is no such file, or permission denied");
    }
    try (FileImageInputStream in = new FileImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      while (readers.hasNext()) {
        ImageReader reader = readers.next();
        if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
          return read(reader, in, file);
        }
      }
    } catch (FileNotFoundException e) {
      throw new JiffusionException("cannot read " + file + ": it is no file", e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    throw new JiffusionException(file + " is no picture, must be PNG, JPEG, GIF or BMP");
  }

  /**
   * Reads a picture at a size: the largest square in its middle, resampled.
   *
   * @param size height and width wanted
   * @param channels 1 for grey, 3 for RGB
   */
  public static Images read(Path file, int size, int channels) {
    return Pixels.square(Pixels.withChannels(read(file), channels), size);
  }

  private static Images read(ImageReader reader, FileImageInputStream in, Path file)
      throws IOException {
    String[] warning = new String[1];
    BufferedImage picture;
    try {
      reader.setInput(in, true, true); // without metadata, which may be compressed without bound
      reader.addIIOReadWarningListener((source, text) -> warning[0] = text);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
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
      picture = reader.read(0);
    } catch (IOException | RuntimeException e) { // decoders fail in many ways on damaged files
      if (e instanceof JiffusionException) {
        throw e;
      }
      throw new JiffusionException(
          file
              + " is damaged, or of a kind that Java cannot decode: "
              + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()),
          e);
    } finally {
      reader.dispose();
    }
    if (warning[0] != null) {
      throw new JiffusionException(file + " is damaged: " + warning[0]);
    }
    return Pixels.of(picture);
  }
}
