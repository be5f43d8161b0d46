package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * What stands in a file before its pixels: how the picture is to be turned, and what a decoder must
 * see of it. Everything else is kept from the decoder, so that a broken colour profile, a comment
 * or a preview never makes a good picture unreadable.
 *
 * @param bytes the beginning that the decoder sees
 * @param rest where in the file the rest begins
 * @param orientation as in {@link Exif}
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
record PictureHead(byte[] bytes, long rest, int orientation) {
  private static final int CHUNK = 8; // length and type of a PNG chunk, type and length in RIFF
  private static final int MAX_EXIF = 1 << 20;
  private static final int MAX_PALETTE = 1 << 10;
  private static final Set<String> PIXELS_OF_PNG = Set.of("IHDR", "PLTE", "tRNS");

  /** The file as it is. */
  static PictureHead whole(int orientation) {
    return new PictureHead(new byte[0], 0, orientation);
  }

  /**
   * PNG: the size, palette and transparency; the orientation is in the chunk eXIf, which may come
   * after the pixels.
   */
  static PictureHead png(PictureStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream head = new DataOutputStream(bytes);
    byte[] signature = new byte[8];
    in.readFully(signature);
    head.write(signature);
    long pixels = -1;
    int orientation = Exif.UPRIGHT;
    long end = in.length();
    for (long at = 8; at + CHUNK <= end; ) {
      in.seek(at);
      int length = in.readInt();
      byte[] name = new byte[4];
      in.readFully(name);
      String type = new String(name, StandardCharsets.ISO_8859_1);
      if (type.equals("IDAT") && pixels < 0) {
        pixels = at;
      }
      if (length < 0 || type.equals("IEND")) {
        break;
      }
      if (pixels < 0 && PIXELS_OF_PNG.contains(type) && length <= MAX_PALETTE) {
        byte[] content = content(in, length + 4);
        head.writeInt(length);
        head.write(name);
        head.write(content);
      } else if (type.equals("eXIf") && length <= MAX_EXIF && at + CHUNK + length <= end) {
        orientation = Exif.orientation(content(in, length));
      }
      at += CHUNK + length + 4L;
    }
    if (pixels < 0) {
      throw new EOFException("it ends before its pixels");
    }
    return new PictureHead(bytes.toByteArray(), pixels, orientation);
  }

  /**
   * WebP: without the colour profile, which stands between the header of the extended format and
   * the pixels; the orientation is in the chunk EXIF.
   */
  static PictureHead webp(PictureStream in) throws IOException {
    byte[] head = content(in, 12 + CHUNK + 10);
    if (!ascii(head, 12).equals("VP8X")) {
      return whole(Exif.UPRIGHT);
    }
    head[12 + CHUNK] &= ~0x20; // there is no profile
    long rest = head.length;
    int orientation = Exif.UPRIGHT;
    in.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    long end = in.length();
    for (long at = head.length; at + CHUNK <= end; ) {
      in.seek(at);
      String type = ascii(content(in, 4), 0);
      long length = in.readUnsignedInt();
      long next = at + CHUNK + length + (length & 1);
      if (type.equals("ICCP") && at == rest) {
        rest = next;
      } else if (type.equals("EXIF") && length <= MAX_EXIF && at + CHUNK + length <= end) {
        byte[] exif = content(in, (int) length);
        boolean named = exif.length > 6 && ascii(exif, 0).equals("Exif"); // as in JPEG
        orientation = Exif.orientation(named ? Arrays.copyOfRange(exif, 6, exif.length) : exif);
      }
      at = next;
    }
    in.setByteOrder(ByteOrder.BIG_ENDIAN);
    ByteBuffer size = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    size.putInt(4, (int) (size.getInt(4) - (rest - head.length)));
    return new PictureHead(head, rest, orientation);
  }

  /** TIFF: as it is; the orientation is one of its own tags. */
  static PictureHead tiff(PictureStream in) throws IOException {
    byte[] start = content(in, 8);
    ByteOrder order = start[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    long directory = Integer.toUnsignedLong(ByteBuffer.wrap(start).order(order).getInt(4));
    if (directory + 2 > in.length()) {
      throw new EOFException("it ends before its directory");
    }
    in.seek(directory);
    byte[] entries = new byte[(int) Math.min(in.length() - directory, 2 + 12 * 65535)];
    in.readFully(entries);
    return whole(Exif.entries(ByteBuffer.wrap(entries).order(order), 0));
  }

  /** BMP: without the colour profile that Windows' fifth header may name. */
  static PictureHead bmp(PictureStream in, Path file) throws IOException {
    byte[] head = content(in, (int) Math.min(in.length(), 14 + 124));
    ByteBuffer fields = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    if (head.length >= 34 && fields.getInt(14) >= 40) {
      int compression = fields.getInt(30);
      if (compression == 4 || compression == 5) {
        throw new JiffusionException(
            file
                + " is a BMP file around a "
                + (compression == 4 ? "JPEG" : "PNG")
                + " picture, which no program shows; save it as PNG");
      }
    }
    if (head.length < 14 + 124 || fields.getInt(14) < 124) {
      return whole(Exif.UPRIGHT);
    }
    fields.putInt(14 + 56, 0x73524742); // sRGB
    return new PictureHead(head, head.length, Exif.UPRIGHT);
  }

  private static byte[] content(PictureStream in, int length) throws IOException {
    byte[] content = new byte[length];
    in.readFully(content);
    return content;
  }

  private static String ascii(byte[] bytes, int at) {
    return new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
  }
}
