package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Named arrays in one file, NumPy's npz: a zip of npy files. */
public final class Npz {
  private static final int MAX_ENTRIES = 10_000;
  static final long MAX_TABLE = 1 << 24;
  private static final int END = 0x06054b50;
  private static final int BYTES_OF_AN_END = 22;
  private static final int MAX_DEFLATE_RATIO = 1032; // deflate's best: 258 bytes in 2 bits
  private static final String ENDING = ".npy";
  private static final LocalDateTime NO_TIME =
      LocalDateTime.of(1980, 1, 1, 0, 1); // midnight would add a field in local time

  private Npz() {}

  /**
   * Reads all arrays, stored or deflated, in the file's order. Bytes are counted as they come and
   * checked against their checksums; what is declared is not believed.
   *
   * @throws JiffusionException if the file is no zip of npy files, damaged, or unpacks to more than
   *     half of the memory that Java has
   */
  public static Map<String, Npy> read(Path file) {
    return read(file, name -> true);
  }

  /** The names of the arrays of a file. */
  public static Set<String> names(Path file) {
    Set<String> names = new LinkedHashSet<>();
    read(
        file,
        name -> {
          names.add(name);
          return false;
        });
    return names;
  }

  /** The same of some arrays: those beside them may be larger than memory. */
  public static Map<String, Npy> read(Path file, Predicate<String> wanted) {
    Map<String, Npy> arrays = new LinkedHashMap<>();
    checkTable(file, MAX_TABLE);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      if (zip.size() > MAX_ENTRIES) {
        throw new JiffusionException(
            file + " has " + zip.size() + " entries, must be at most " + MAX_ENTRIES);
      }
      long total = 0;
      for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        String name = entry.getName();
        if (!name.endsWith(ENDING)) {
          throw new JiffusionException(
              file + " has an entry " + Shown.value(name) + ", must be npy arrays only");
        }
        String key = name.substring(0, name.length() - ENDING.length());
        if (!wanted.test(key)) {
          continue;
        }
        Npy array = read(zip, entry, total, file + ", entry " + Shown.value(name) + ",");
        total += array.data().capacity();
        if (arrays.put(key, array) != null) {
          throw new JiffusionException(
              file + " has two entries " + Shown.value(name) + ", names must differ");
        }
      }
      return arrays;
    } catch (ZipException e) {
      throw new JiffusionException(
          file + " is no npz file, or damaged: it is no readable zip; copy or make it again", e);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Java reads the table of a zip archive whole, however large it is. */
  static void checkTable(Path file, long most) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int tail = (int) Math.min(channel.size(), BYTES_OF_AN_END + 0xFFFF);
      ByteBuffer end = ByteBuffer.allocate(tail).order(ByteOrder.LITTLE_ENDIAN);
      while (end.hasRemaining() && channel.read(end, channel.size() - end.remaining()) >= 0) {}
      for (int at = tail - BYTES_OF_AN_END; at >= 0; at--) { // Java takes the last that fits
        long size = end.getInt(at + 12) & 0xFFFFFFFFL;
        if (end.getInt(at) == END && size > most) {
          throw new JiffusionException(
              file + " has a table of " + size + " bytes, must have at most " + most);
        }
      }
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static Npy read(ZipFile zip, ZipEntry entry, long before, String where)
      throws IOException {
    long packed = Math.max(0, Math.min(entry.getCompressedSize(), Integer.MAX_VALUE));
    try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
      Npy array = Npy.read(in, packed * MAX_DEFLATE_RATIO, before, where);
      if (in.getChecksum().getValue() != entry.getCrc()) {
        throw new JiffusionException(
            where + " is damaged: it does not fit its checksum; copy or make it again");
      }
      return array;
    } catch (ZipException | EOFException e) {
      throw new JiffusionException(
          where + " is damaged: it cannot be unpacked; copy or make it again", e);
    }
  }

  /**
   * Writes arrays, not compressed, whole or not at all. The same arrays give the same bytes: the
   * entries' time is fixed.
   */
  public static void write(Path file, Map<String, Npy> arrays) {
    AtomicFile.write(
        file,
        channel -> {
          ZipOutputStream zip =
              new ZipOutputStream(
                  new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
          zip.setMethod(ZipOutputStream.STORED);
          put(zip, arrays);
          zip.finish();
          zip.flush();
        });
  }

  private static void put(ZipOutputStream zip, Map<String, Npy> arrays) throws IOException {
    WritableByteChannel out = Channels.newChannel(zip);
    for (Map.Entry<String, Npy> named : arrays.entrySet()) {
      ByteBuffer header = named.getValue().header();
      ByteBuffer data = named.getValue().data().duplicate();
      CRC32 crc = new CRC32();
      crc.update(header.duplicate());
      crc.update(data.duplicate());
      ZipEntry entry = new ZipEntry(named.getKey() + ENDING);
      entry.setSize((long) header.remaining() + data.remaining());
      entry.setCrc(crc.getValue());
      entry.setTimeLocal(NO_TIME);
      zip.putNextEntry(entry);
      out.write(header);
      out.write(data);
      zip.closeEntry();
    }
  }

  /**
   * Writes one array of bytes that lie in a file, not compressed, whole or not at all; it may be
   * larger than memory.
   *
   * @param shape of the bytes, as many as the file has
   * @param more arrays after it
   */
  public static void pack(Path file, String name, int[] shape, Path bytes, Map<String, Npy> more) {
    ByteBuffer header = Npy.header(Npy.Type.U1, ByteOrder.LITTLE_ENDIAN, shape);
    AtomicFile.write(
        file,
        channel -> {
          CRC32 crc = new CRC32();
          crc.update(header.duplicate());
          try (InputStream in = Files.newInputStream(bytes)) {
            byte[] some = new byte[1 << 16];
            for (int read = in.read(some); read >= 0; read = in.read(some)) {
              crc.update(some, 0, read);
            }
          }
          ZipEntry entry = new ZipEntry(name + ENDING);
          entry.setSize(header.remaining() + Files.size(bytes));
          entry.setCrc(crc.getValue());
          entry.setTimeLocal(NO_TIME);
          ZipOutputStream zip =
              new ZipOutputStream(
                  new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
          zip.setMethod(ZipOutputStream.STORED);
          zip.putNextEntry(entry);
          zip.write(header.array(), 0, header.remaining());
          Files.copy(bytes, zip);
          zip.closeEntry();
          put(zip, more);
          zip.finish();
          zip.flush();
        });
  }
}
