package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of unsigned bytes in the IDX format of MNIST, plain or gzip-compressed (told by content,
 * not by name): the bytes 0, 0, 8, rank; the sizes as big-endian 32-bit numbers; the values
 * row-major.
 *
 * @param shape sizes, outermost first
 * @param values the bytes
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Idx(int[] shape, byte[] values) {
  private static final int UNSIGNED_BYTES = 8;
  private static final int MAX_RANK = 4;
  private static final int MAX_GZIP_RATIO = 1032; // deflate's best: 258 bytes in 2 bits

  /**
   * Reads a file. What it declares is never allocated before it is there.
   *
   * @throws JiffusionException if it is something else, too short, too long or damaged
   */
  public static Idx read(Path file) {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file))) {
      raw.mark(2);
      boolean gzip = raw.read() == 0x1F && raw.read() == 0x8B;
      raw.reset();
      long most = gzip ? Math.multiplyExact(Files.size(file), MAX_GZIP_RATIO) : Files.size(file);
      return read(gzip ? new GZIPInputStream(raw, 1 << 16) : raw, most, file);
    } catch (EOFException e) {
      throw new JiffusionException(
          file + " is cut short: its gzip stream ends too early; copy or download it again", e);
    } catch (ZipException e) {
      throw new JiffusionException(
          file
              + " is damaged: its gzip stream does not fit its checksums; copy or download it again",
          e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static Idx read(InputStream in, long most, Path file) throws IOException {
    byte[] magic = in.readNBytes(4);
    if (magic.length < 4 || magic[0] != 0 || magic[1] != 0) {
      throw new JiffusionException(
          file
              + " is no IDX file: it begins with "
              + hex(magic)
              + ", must begin with 00 00 08 and the rank");
    }
    if (magic[2] != UNSIGNED_BYTES) {
      throw new JiffusionException(
          file
              + " holds elements of type "
              + hex(Arrays.copyOfRange(magic, 2, 3))
              + ", must be 08, unsigned bytes");
    }
    int rank = magic[3] & 0xFF;
    if (rank < 1 || rank > MAX_RANK) {
      throw new JiffusionException(file + " has rank " + rank + ", must be 1 to " + MAX_RANK);
    }
    byte[] sizes = in.readNBytes(4 * rank);
    if (sizes.length < 4 * rank) {
      throw new JiffusionException(
          file + " is cut short: it ends within the header; copy or download it again");
    }
    int[] shape = new int[rank];
    long count = 1;
    for (int i = 0; i < rank; i++) {
      shape[i] = ByteBuffer.wrap(sizes).getInt(4 * i);
      if (shape[i] < 0 || count * shape[i] > Integer.MAX_VALUE - 8) {
        throw new JiffusionException(
            file
                + " declares size "
                + Integer.toUnsignedString(shape[i])
                + " on axis "
                + i
                + ", must be less than 2^31 bytes in all");
      }
      count *= shape[i];
    }
    if (count > most) {
      throw cut(file, count, most, "at most ");
    }
    Heap.mustHold(count, file);
    byte[] values = new byte[(int) count];
    int have = in.readNBytes(values, 0, values.length);
    if (have < count) {
      throw cut(file, count, have, "");
    }
    if (in.read() >= 0) {
      throw new JiffusionException(
          file
              + " goes on after the "
              + count
              + " bytes that its header declares, shape "
              + Arrays.toString(shape)
              + ", must end there");
    }
    return new Idx(shape, values);
  }

  private static JiffusionException cut(Path file, long declared, long have, String bound) {
    return new JiffusionException(
        file
            + " is cut short: its header declares "
            + declared
            + " bytes, it holds "
            + bound
            + have
            + "; copy or download it again");
  }

  private static String hex(byte[] bytes) {
    return bytes.length == 0 ? "nothing" : HexFormat.ofDelimiter(" ").formatHex(bytes);
  }
}
