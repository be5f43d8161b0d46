package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * PNG files with texts in them: the request that made a picture travels in the picture. Grey or
 * RGB, 8 bits; the same pixels and texts give the same bytes.
 */
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_TEXTS = 1000;
  private static final int MAX_ALL_TEXT = 4 << 20;

  /** A request of a single image. */
  private static final Pattern ONE_IMAGE = Pattern.compile("\"count\"\\s*:\\s*1\\s*[,}]");

  private Png() {}

  /**
   * Writes one image, whole or not at all.
   *
   * @param image of which {@code count} is 1
   * @param texts by keyword, 1 to 79 characters of Latin-1
   * @throws JiffusionException if it cannot be written
   */
  public static void write(Path file, Images image, Map<String, String> texts) {
    if (image.count() != 1 || image.channels() != 1 && image.channels() != 3) {
      throw new IllegalArgumentException(
          "illegal picture: "
              + image.count()
              + " images of "
              + image.channels()
              + " channels, must be one image of 1 or 3");
    }
    byte[] png = encode(image, texts);
    AtomicFile.write(
        file,
        channel -> {
          for (ByteBuffer out = ByteBuffer.wrap(png); out.hasRemaining(); ) {
            channel.write(out);
          }
        });
  }

  /** Writes a picture, as RGB unless it is grey. */
  public static void write(Path file, BufferedImage picture, Map<String, String> texts) {
    write(file, Pixels.of(picture), texts);
  }

  /**
   * Texts of a file, read without decoding its pixels. Compressed texts are passed over.
   *
   * @throws JiffusionException if it is no PNG, cut short, or a text is damaged or longer than 1
   *     MiB
   */
  public static Map<String, String> texts(Path file) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (!Arrays.equals(in.readNBytes(SIGNATURE.length), SIGNATURE)) {
        throw new JiffusionException(file + " is no PNG file: it does not begin as one");
      }
      Map<String, String> texts = new LinkedHashMap<>();
      int all = 0;
      while (true) {
        int length = in.readInt();
        String type = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
        if (length < 0) {
          throw new JiffusionException(
              file
                  + " has a chunk of "
                  + Integer.toUnsignedString(length)
                  + " bytes, must be less than 2^31");
        }
        if (type.equals("IEND")) {
          return texts;
        }
        if (type.equals("tEXt") || type.equals("iTXt")) {
          all += Math.min(length, MAX_TEXT);
          if (length > MAX_TEXT || all > MAX_ALL_TEXT || texts.size() == MAX_TEXTS) {
            throw new JiffusionException(
                file
                    + " has more text than is read, must be at most "
                    + MAX_TEXTS
                    + " texts of 1 MiB, 4 MiB in all");
          }
          byte[] content = in.readNBytes(length);
          if (content.length < length) {
            throw new EOFException();
          }
          if (in.readInt() != (int) crc(type, content)) {
            throw new JiffusionException(file + " is damaged: a text does not fit its checksum");
          }
          take(type, content, texts, file);
        } else {
          in.skipNBytes(length + 4L);
        }
      }
    } catch (EOFException e) {
      throw new JiffusionException(
          file + " is cut short: it ends before its end mark; copy or download it again", e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Whether this program made it as something else than one image: a sheet, a plot or a preview.
   * What cannot be read is none.
   */
  static boolean isSheet(Path file) {
    try {
      Map<String, String> texts = texts(file);
      return texts.getOrDefault("Software", "").startsWith("Jiffusion")
          && (!ONE_IMAGE.matcher(texts.getOrDefault("jiffusion", "")).find()
              || texts.getOrDefault("jiffusion command", "").startsWith("jiffusion edit")
                  && file.getFileName().toString().startsWith("grid"));
    } catch (JiffusionException e) {
      return false;
    }
  }

  private static void take(String type, byte[] content, Map<String, String> texts, Path file)
      throws CharacterCodingException {
    int keyword = end(content, 0, file);
    int start = keyword + 1;
    Charset charset = StandardCharsets.ISO_8859_1;
    if (type.equals(
        "iTXt")) { // compression flag, compression method, language tag, translated keyword, text
      if (content.length < start + 2 || content[start] != 0) {
        return;
      }
      start = end(content, end(content, start + 2, file) + 1, file) + 1;
      charset = StandardCharsets.UTF_8;
    }
    texts.put(
        new String(content, 0, keyword, StandardCharsets.ISO_8859_1),
        new String(content, start, content.length - start, charset));
  }

  private static int end(byte[] content, int from, Path file) {
    for (int i = from; i < content.length; i++) {
      if (content[i] == 0) {
        return i;
      }
    }
    throw new JiffusionException(file + " is damaged: a text does not end its keyword");
  }

  private static byte[] encode(Images image, Map<String, String> texts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(SIGNATURE);
      byte colour = (byte) (image.channels() == 1 ? 0 : 2);
      chunk(
          out,
          "IHDR",
          ByteBuffer.allocate(13)
              .putInt(image.width())
              .putInt(image.height())
              .put((byte) 8)
              .put(colour)
              .array());
      for (Map.Entry<String, String> text : texts.entrySet()) {
        text(out, text.getKey(), text.getValue());
      }
      ByteArrayOutputStream pixels = new ByteArrayOutputStream();
      try (DeflaterOutputStream deflater =
          new DeflaterOutputStream(pixels, new Deflater(Deflater.BEST_COMPRESSION))) {
        filter(image, deflater);
      }
      chunk(out, "IDAT", pixels.toByteArray());
      chunk(out, "IEND", new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  private static void text(DataOutputStream out, String keyword, String text) throws IOException {
    if (keyword.isBlank()
        || keyword.length() > 79
        || !keyword.equals(keyword.strip())
        || !keyword.chars().allMatch(c -> c >= 32 && c <= 126 || c >= 161 && c <= 255)) {
      throw new IllegalArgumentException(
          "illegal keyword: `"
              + keyword
              + "`, must be 1 to 79 characters of Latin-1 without outer blanks");
    }
    if (text.indexOf(0) >= 0 || text.length() > MAX_TEXT / 4) {
      throw new IllegalArgumentException(
          "illegal text of `"
              + keyword
              + "`: "
              + text.length()
              + " characters, must be at most "
              + MAX_TEXT / 4
              + " and none of them 0");
    }
    boolean latin =
        text.chars().allMatch(c -> c == '\n' || c >= 32 && c <= 126 || c >= 160 && c <= 255);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(keyword.getBytes(StandardCharsets.ISO_8859_1));
    content.writeBytes(
        new byte[latin ? 1 : 5]); // iTXt: not compressed, no language, no translated keyword
    content.writeBytes(text.getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
    chunk(out, latin ? "tEXt" : "iTXt", content.toByteArray());
  }

  private static void chunk(DataOutputStream out, String type, byte[] content) throws IOException {
    out.writeInt(content.length);
    out.writeBytes(type);
    out.write(content);
    out.writeInt((int) crc(type, content));
  }

  private static long crc(String type, byte[] content) {
    CRC32 crc = new CRC32();
    crc.update(type.getBytes(StandardCharsets.ISO_8859_1));
    crc.update(content);
    return crc.getValue();
  }

  /**
   * Each row as differences from its neighbours, by the filter whose differences are smallest in
   * sum (the PNG specification's advice).
   */
  private static void filter(Images image, DeflaterOutputStream out) throws IOException {
    byte[] bytes = image.bytes();
    int step = image.channels();
    int row = image.width() * step;
    byte[][] candidates = new byte[5][1 + row];
    for (int y = 0; y < image.height(); y++) {
      byte[] best = null;
      long least = Long.MAX_VALUE;
      for (int filter = 0; filter < 5; filter++) {
        byte[] candidate = candidates[filter];
        candidate[0] = (byte) filter;
        long sum = 0;
        for (int i = 0, at = y * row; i < row; i++, at++) {
          int left = i < step ? 0 : bytes[at - step] & 0xFF;
          int up = y == 0 ? 0 : bytes[at - row] & 0xFF;
          int corner = i < step || y == 0 ? 0 : bytes[at - row - step] & 0xFF;
          candidate[1 + i] = (byte) (bytes[at] - predicted(filter, left, up, corner));
          sum += Math.abs(candidate[1 + i]);
        }
        if (sum < least) {
          least = sum;
          best = candidate;
        }
      }
      out.write(best);
    }
  }

  private static int predicted(int filter, int left, int up, int corner) {
    return switch (filter) {
      case 0 -> 0;
      case 1 -> left;
      case 2 -> up;
      case 3 -> (left + up) / 2;
      default -> { // Paeth
        int p = left + up - corner;
        int toLeft = Math.abs(p - left);
        int toUp = Math.abs(p - up);
        int toCorner = Math.abs(p - corner);
        yield toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
      }
    };
  }
}
