package io.jiffusion.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held: the tag Orientation of Exif (CIPA DC-008), which lies in a picture as a
 * small TIFF file.
 *
 * <p>1 is upright; 2, 3 and 4 are mirrored left to right, turned by 180°, and mirrored top to
 * bottom; 5 to 8 exchange rows and columns. Whatever cannot be read is 1: a picture is never
 * unreadable because of its Exif.
 */
final class Exif {
  static final int UPRIGHT = 1;

  private static final int ORIENTATION = 0x0112;
  private static final int SHORT = 3;
  private static final int ENTRY = 12;

  private Exif() {}

  /**
   * The orientation that a TIFF structure tells in its first directory.
   *
   * @param tiff from its byte order mark on; bytes beyond its end may be left out
   */
  static int orientation(byte[] tiff) {
    ByteBuffer in = ByteBuffer.wrap(tiff);
    if (tiff.length < 8 || tiff[0] != tiff[1] || tiff[0] != 'I' && tiff[0] != 'M') {
      return UPRIGHT;
    }
    in.order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = Integer.toUnsignedLong(in.getInt(4));
    if (in.getShort(2) != 42 || directory + 2 > tiff.length) {
      return UPRIGHT;
    }
    return entries(in, (int) directory);
  }

  /** The orientation among the entries of a directory. */
  static int entries(ByteBuffer in, int directory) {
    int count = Short.toUnsignedInt(in.getShort(directory));
    for (int i = 0; i < count; i++) {
      int entry = directory + 2 + ENTRY * i;
      if (entry + ENTRY > in.limit()) {
        return UPRIGHT;
      }
      if (Short.toUnsignedInt(in.getShort(entry)) == ORIENTATION) {
        int value = in.getShort(entry + 2) == SHORT ? in.getShort(entry + 8) : in.getInt(entry + 8);
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** Whether rows become columns. */
  static boolean exchanged(int orientation) {
    return orientation >= 5;
  }

  /** A picture [height, width, channels] set upright. */
  static Images upright(Images image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    int width = image.width();
    int height = image.height();
    int channels = image.channels();
    boolean exchanged = exchanged(orientation);
    int across = exchanged ? height : width;
    int down = exchanged ? width : height;
    byte[] out = new byte[image.bytes().length];
    int at = 0;
    for (int y = 0; y < down; y++) {
      for (int x = 0; x < across; x++) {
        int column = exchanged ? y : x;
        int row = exchanged ? x : y;
        if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
          column = width - 1 - column;
        }
        if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
          row = height - 1 - row;
        }
        for (int channel = 0; channel < channels; channel++) {
          out[at++] = image.bytes()[(row * width + column) * channels + channel];
        }
      }
    }
    return new Images(1, down, across, channels, out);
  }
}
