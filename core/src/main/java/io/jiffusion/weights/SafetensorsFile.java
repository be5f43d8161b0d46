package io.jiffusion.weights;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Half;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An open safetensors file. The header is checked whole on opening: every array's bytes lie in the
 * file, and together they cover its data exactly, without holes or overlap. Values are not checked
 * (NaN and infinity are values).
 *
 * <p>Arrays are read from the channel piece by piece, not mapped into memory: as fast once the file
 * is in the page cache, of any size, and a file that is cut while it is open gives an error instead
 * of a crash. A file replaced while open stays readable as it was. Safe for reading from several
 * threads.
 */
public final class SafetensorsFile implements ArrayFile {
  static final String METADATA = "__metadata__";
  static final int MAX_HEADER = 100_000_000;

  /** The largest header that is read: its table takes thirty times as much memory. */
  private static final long MOST_HEADER =
      Math.min(MAX_HEADER, Runtime.getRuntime().maxMemory() / 32);

  private static final int CHUNK = 1 << 18;

  private final Path path;
  private final FileChannel channel;
  private final long dataStart;
  private final SafetensorsHeader header;

  private SafetensorsFile(
      Path path, FileChannel channel, long dataStart, SafetensorsHeader header) {
    this.path = path;
    this.channel = channel;
    this.dataStart = dataStart;
    this.header = header;
  }

  /**
   * Where an array is.
   *
   * @param type its elements
   * @param shape sizes, outermost first; empty for a single number
   * @param begin first byte, counted from the start of the data
   * @param end byte after the last
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Entry(DType type, long[] shape, long begin, long end) {
    /** Number of elements. */
    public long count() {
      return (end - begin) / type.bytes();
    }
  }

  static SafetensorsFile open(Path path) {
    FileChannel channel = null;
    SafetensorsFile file = null;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      long size = channel.size();
      if (size < 8) {
        throw new JiffusionException(
            path
                + " is no safetensors file: it has "
                + size
                + " bytes, must begin with 8 bytes of header length");
      }
      ByteBuffer start = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, start, 0, path);
      long length = start.flip().getLong();
      if (length < 2 || length > MAX_HEADER) {
        throw new JiffusionException(
            path
                + " is no safetensors file: header length "
                + Long.toUnsignedString(length)
                + ", must be 2 to "
                + MAX_HEADER);
      }
      if (length > MOST_HEADER) {
        throw new JiffusionException(
            path
                + " has a header of "
                + length
                + " bytes, must be at most "
                + MOST_HEADER
                + " for the memory that Java has; give it more: JIFFUSION_JAVA_OPTS=-Xmx4g");
      }
      if (length > size - 8) {
        throw new JiffusionException(
            path
                + " is cut short: header of "
                + length
                + " bytes, the file ends after "
                + (size - 8)
                + " of them; copy or download it again");
      }
      ByteBuffer text = ByteBuffer.allocate((int) length);
      readFully(channel, text, 8, path);
      file =
          new SafetensorsFile(
              path,
              channel,
              8 + length,
              SafetensorsHeader.parse(text.flip(), size - 8 - length, path));
      return file;
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path + ": " + AtomicFile.reason(e), e);
    } finally {
      if (file == null && channel != null) {
        closeQuietly(channel);
      }
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Map<String, Info> arrays() {
    Map<String, Info> arrays = new LinkedHashMap<>();
    header.entries().forEach((name, entry) -> arrays.put(name, new Info(entry.type, entry.shape)));
    return arrays;
  }

  /** Arrays by name, in the order of their bytes. */
  public Map<String, Entry> entries() {
    return header.entries();
  }

  /** The file's own texts; empty if it has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * Where one array is.
   *
   * @throws JiffusionException if there is none of that name
   */
  public Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new JiffusionException(
          path + " has no array `" + Shown.value(name) + "`, only " + some(header.entries()));
    }
    return entry;
  }

  /** A floating array, F16, BF16 and F64 converted to float. */
  @Override
  public float[] floats(String name) {
    return floats(name, 0, all(name));
  }

  /**
   * A part of a floating array, for arrays beyond 2^31 elements.
   *
   * @param from index of the first element, row-major
   */
  @Override
  public float[] floats(String name, long from, int count) {
    Entry entry = floating(name);
    float[] out = new float[count];
    elements(
        entry,
        from,
        count,
        (bytes, at) -> {
          switch (entry.type) {
            case F16 -> out[at] = Half.fromF16(bytes.getShort());
            case BF16 -> out[at] = Half.fromBF16(bytes.getShort());
            case F32 -> out[at] = bytes.getFloat();
            default -> out[at] = (float) bytes.getDouble();
          }
        });
    return out;
  }

  /** A floating array as doubles, exactly. */
  @Override
  public double[] doubles(String name) {
    Entry entry = floating(name);
    double[] out = new double[all(name)];
    elements(
        entry,
        0,
        out.length,
        (bytes, at) -> {
          switch (entry.type) {
            case F16 -> out[at] = Half.fromF16(bytes.getShort());
            case BF16 -> out[at] = Half.fromBF16(bytes.getShort());
            case F32 -> out[at] = bytes.getFloat();
            default -> out[at] = bytes.getDouble();
          }
        });
    return out;
  }

  /** An integer or boolean array; U64 as its bits. */
  @Override
  public long[] longs(String name) {
    Entry entry = entry(name);
    if (entry.type.floating()) {
      throw new JiffusionException(
          path + ": array `" + name + "` has type " + entry.type + ", must be an integer type");
    }
    long[] out = new long[all(name)];
    elements(
        entry,
        0,
        out.length,
        (bytes, at) -> {
          switch (entry.type) {
            case BOOL, U8 -> out[at] = bytes.get() & 0xFF;
            case I8 -> out[at] = bytes.get();
            case U16 -> out[at] = bytes.getShort() & 0xFFFF;
            case I16 -> out[at] = bytes.getShort();
            case U32 -> out[at] = bytes.getInt() & 0xFFFFFFFFL;
            case I32 -> out[at] = bytes.getInt();
            default -> out[at] = bytes.getLong();
          }
        });
    return out;
  }

  /** The bytes of an array as they are in the file, little-endian. */
  public byte[] bytes(String name) {
    Entry entry = entry(name);
    if (entry.end - entry.begin > Integer.MAX_VALUE - 8) {
      throw tooLarge(name, entry);
    }
    ByteBuffer out = ByteBuffer.allocate((int) (entry.end - entry.begin));
    try {
      readFully(channel, out, dataStart + entry.begin, path);
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path + ": " + AtomicFile.reason(e), e);
    }
    return out.array();
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private interface Element {
    void take(ByteBuffer bytes, int at);
  }

  private void elements(Entry entry, long from, int count, Element element) {
    if (from < 0 || count < 0 || from + count > entry.count()) {
      throw new IllegalArgumentException(
          "illegal elements: "
              + from
              + " to "
              + (from + count)
              + ", must be in 0 to "
              + entry.count());
    }
    int width = entry.type.bytes();
    ByteBuffer chunk =
        ByteBuffer.allocateDirect((int) Math.min(CHUNK, (long) count * width))
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      for (int at = 0; at < count; ) {
        int here = Math.min(count - at, CHUNK / width);
        chunk.clear().limit(here * width);
        readFully(channel, chunk, dataStart + entry.begin + (from + at) * width, path);
        chunk.flip();
        for (int end = at + here; at < end; at++) {
          element.take(chunk, at);
        }
      }
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path + ": " + AtomicFile.reason(e), e);
    }
  }

  private Entry floating(String name) {
    Entry entry = entry(name);
    if (!entry.type.floating()) {
      throw new JiffusionException(
          path
              + ": array `"
              + name
              + "` has type "
              + entry.type
              + ", must be F16, BF16, F32 or F64");
    }
    return entry;
  }

  private int all(String name) {
    Entry entry = entry(name);
    if (entry.count() > Integer.MAX_VALUE - 8) {
      throw tooLarge(name, entry);
    }
    return (int) entry.count();
  }

  private JiffusionException tooLarge(String name, Entry entry) {
    return new JiffusionException(
        path
            + ": array `"
            + name
            + "` has shape "
            + text(entry.shape)
            + ", too large for one Java array; read it in parts");
  }

  private static void readFully(FileChannel channel, ByteBuffer out, long position, Path path)
      throws IOException {
    while (out.hasRemaining()) {
      int read = channel.read(out, position);
      if (read < 0) {
        throw new JiffusionException(
            path
                + " was cut to "
                + channel.size()
                + " bytes while it was read; copy or download it again");
      }
      position += read;
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // A file that was only read has nothing to lose.
    }
  }

  private static String some(Map<String, Entry> entries) {
    String names = String.join(", ", entries.keySet().stream().limit(5).map(Shown::value).toList());
    return entries.size() > 5
        ? names + ", … (" + entries.size() + " in all)"
        : names.isEmpty() ? "nothing" : names;
  }

  static String text(long[] shape) {
    return Arrays.toString(shape);
  }
}
