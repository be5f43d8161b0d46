package io.jiffusion.data;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JPEG file before its pixels, and its colours by the rules of libjpeg, as Pillow has them. The
 * decoder sees none of the application's segments, so that it can neither refuse nor convert by
 * them.
 *
 * @param head what the decoder sees, and the orientation of APP1
 * @param colours of the components
 */
record Jpeg(PictureHead head, Colours colours) {
  private static final int MAX_HEAD = 1 << 20;
  private static final int SOI = 0xD8;
  private static final int SOS = 0xDA;
  private static final int COM = 0xFE;
  private static final int APP0 = 0xE0;
  private static final int APP1 = 0xE1;
  private static final int APP14 = 0xEE;
  private static final int APP15 = 0xEF;

  /** What the components of a pixel are. */
  enum Colours {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  /** Channels of the image that its pixels become. */
  int channels() {
    return colours == Colours.GREY ? 1 : 3;
  }

  /** Reads up to the pixels. */
  static Jpeg read(PictureStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(0xFF);
    bytes.write(SOI);
    in.seek(2);
    int orientation = 0;
    boolean jfif = false;
    int transform = -1;
    byte[] frame = null;
    while (true) {
      long at = in.getStreamPosition();
      int marker = marker(in);
      if (marker == SOS) {
        if (frame == null) {
          throw new EOFException("it has pixels before their size");
        }
        int turn = orientation == 0 ? Exif.UPRIGHT : orientation;
        return new Jpeg(
            new PictureHead(bytes.toByteArray(), at, turn), colours(frame, jfif, transform));
      }
      byte[] content = new byte[Math.max(0, in.readUnsignedShort() - 2)];
      in.readFully(content);
      boolean own = marker == COM || marker >= APP0 && marker <= APP15;
      if (marker == APP0 && starts(content, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP1 && orientation == 0 && starts(content, "Exif\0")) {
        orientation =
            Exif.orientation(
                Arrays.copyOfRange(content, Math.min(6, content.length), content.length));
      } else if (marker == APP14 && content.length >= 12 && starts(content, "Adobe")) {
        transform = content[11] & 0xFF;
      } else if (!own) {
        if (isFrame(marker)) {
          frame = content;
        }
        bytes.write(0xFF);
        bytes.write(marker);
        bytes.write(content.length + 2 >> 8);
        bytes.write(content.length + 2);
        bytes.write(content);
        if (bytes.size() > MAX_HEAD) {
          throw new EOFException("it has a megabyte of tables before its pixels");
        }
      }
    }
  }

  private static int marker(PictureStream in) throws IOException {
    while (in.readUnsignedByte() != 0xFF) {
      // Some cameras leave bytes between segments.
    }
    int marker = 0xFF;
    while (marker == 0xFF) {
      marker = in.readUnsignedByte();
    }
    return marker;
  }

  private static boolean isFrame(int marker) { // SOF0 to SOF15, less DHT, JPG and DAC
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static boolean starts(byte[] content, String name) {
    byte[] ascii = name.getBytes(StandardCharsets.ISO_8859_1);
    return content.length >= ascii.length
        && Arrays.equals(content, 0, ascii.length, ascii, 0, ascii.length);
  }

  /** libjpeg's default_decompress_parms. */
  private static Colours colours(byte[] frame, boolean jfif, int transform) throws IOException {
    int components = frame.length < 6 ? 0 : frame[5];
    if (components != 1 && components != 3 && components != 4
        || frame.length < 6 + 3 * components) {
      throw new IOException("it has " + components + " components, must have 1, 3 or 4");
    }
    if (components == 1) {
      return Colours.GREY;
    }
    if (components == 4) {
      return transform == -1 || transform == 0 ? Colours.CMYK : Colours.YCCK;
    }
    boolean named = frame[6] == 'R' && frame[9] == 'G' && frame[12] == 'B';
    boolean rgb = !jfif && (transform == 0 || transform == -1 && named);
    return rgb ? Colours.RGB : Colours.YCC;
  }

  /**
   * The components as they are stored become one grey or RGB image.
   *
   * <p>Four components are stored inverted, as Adobe does it: with c, m, y and k as stored, red is
   * c·k/255, which is (255−C)(255−K)/255.
   */
  Images pixels(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    int channels = channels();
    byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int i = 0; i < row.length; i += bands) {
        switch (colours) {
          case GREY -> out[at++] = (byte) row[i];
          case RGB -> {
            out[at++] = (byte) row[i];
            out[at++] = (byte) row[i + 1];
            out[at++] = (byte) row[i + 2];
          }
          case YCC -> {
            out[at++] = (byte) red(row[i], row[i + 2]);
            out[at++] = (byte) green(row[i], row[i + 1], row[i + 2]);
            out[at++] = (byte) blue(row[i], row[i + 1]);
          }
          case CMYK -> {
            out[at++] = Pixels.less(row[i + 3], 255 - row[i]);
            out[at++] = Pixels.less(row[i + 3], 255 - row[i + 1]);
            out[at++] = Pixels.less(row[i + 3], 255 - row[i + 2]);
          }
          case YCCK -> {
            out[at++] = Pixels.less(row[i + 3], red(row[i], row[i + 2]));
            out[at++] = Pixels.less(row[i + 3], green(row[i], row[i + 1], row[i + 2]));
            out[at++] = Pixels.less(row[i + 3], blue(row[i], row[i + 1]));
          }
        }
      }
    }
    return new Images(1, height, width, channels, out);
  }

  // JFIF 1.02: R = Y + 1.402 Cr, G = Y − 0.34414 Cb − 0.71414 Cr, B = Y + 1.772 Cb, in the integers
  // of libjpeg.

  private static int red(int y, int cr) {
    return level(y + (91881 * (cr - 128) + 32768 >> 16));
  }

  private static int green(int y, int cb, int cr) {
    return level(y + (-22554 * (cb - 128) - 46802 * (cr - 128) + 32768 >> 16));
  }

  private static int blue(int y, int cb) {
    return level(y + (116130 * (cb - 128) + 32768 >> 16));
  }

  private static int level(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
