package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Half;
import io.jiffusion.base.JiffusionException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * An array in NumPy's format: numbers only, never Python objects.
 *
 * @param type of the elements
 * @param shape sizes, outermost first; empty for a single number
 * @param data the elements, row-major, in the buffer's byte order
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Npy(Type type, int[] shape, ByteBuffer data) {

  /** Element types, by NumPy's names. */
  public enum Type {
    F2(2),
    F4(4),
    F8(8),
    U1(1),
    I4(4),
    I8(8);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
      return bytes;
    }

    boolean floating() {
      return this == F2 || this == F4 || this == F8;
    }
  }

  public Npy {
    long bytes = type.bytes;
    for (int size : shape) {
      bytes = Math.multiplyExact(bytes, size);
    }
    if (bytes != data.remaining()) {
      throw new IllegalArgumentException(
          "illegal values: "
              + data.remaining() / type.bytes
              + ", must be "
              + bytes / type.bytes
              + " for shape "
              + Arrays.toString(shape));
    }
    data = data.slice().order(data.order());
  }

  public static Npy of(float[] values, int... shape) {
    ByteBuffer data = buffer(values.length, 4);
    data.asFloatBuffer().put(values);
    return new Npy(Type.F4, shape, data);
  }

  public static Npy of(double[] values, int... shape) {
    ByteBuffer data = buffer(values.length, 8);
    data.asDoubleBuffer().put(values);
    return new Npy(Type.F8, shape, data);
  }

  public static Npy of(long[] values, int... shape) {
    ByteBuffer data = buffer(values.length, 8);
    data.asLongBuffer().put(values);
    return new Npy(Type.I8, shape, data);
  }

  /** Unsigned bytes, not copied. */
  public static Npy of(byte[] values, int... shape) {
    return new Npy(Type.U1, shape, ByteBuffer.wrap(values));
  }

  /** Number of elements. */
  public int count() {
    return data.capacity() / type.bytes;
  }

  /** The elements as doubles, exactly but for integers beyond 2^53. */
  public double[] doubles() {
    double[] out = new double[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (type) {
            case F2 -> Half.fromF16(data.getShort(2 * i));
            case F4 -> data.getFloat(4 * i);
            case F8 -> data.getDouble(8 * i);
            default -> integer(i);
          };
    }
    return out;
  }

  /** The elements as floats, rounded. */
  public float[] floats() {
    float[] out = new float[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (type) {
            case F2 -> Half.fromF16(data.getShort(2 * i));
            case F4 -> data.getFloat(4 * i);
            case F8 -> (float) data.getDouble(8 * i);
            default -> integer(i);
          };
    }
    return out;
  }

  /**
   * The elements of an integer array.
   *
   * @throws JiffusionException if it has a floating type
   */
  public long[] longs() {
    if (type.floating()) {
      throw new JiffusionException(
          "an array of type " + type + " has no integers, must be U1, I4 or I8");
    }
    long[] out = new long[count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = integer(i);
    }
    return out;
  }

  private long integer(int i) {
    return switch (type) {
      case U1 -> data.get(i) & 0xFF;
      case I4 -> data.getInt(4 * i);
      default -> data.getLong(8 * i);
    };
  }

  /**
   * Reads a file of one array, format versions 1 to 3.
   *
   * @throws JiffusionException if it is something else, of another type or order, too short or too
   *     long
   */
  public static Npy read(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return read(in, Files.size(file), 0, file.toString());
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Reads an array to the stream's end.
   *
   * @param most bytes that the stream can give; what is declared beyond is refused before it is
   *     allocated
   * @param before bytes of arrays that were read before it and are in memory too
   * @param where the file, for messages
   */
  static Npy read(InputStream in, long most, long before, String where) throws IOException {
    NpyHeader header = NpyHeader.read(in, where);
    if (header.bytes() > most) {
      throw new JiffusionException(
          where
              + " declares "
              + header.bytes()
              + " bytes, shape "
              + Arrays.toString(header.shape())
              + ", must be at most "
              + most
              + "; it may be cut short");
    }
    Heap.mustHold(header.bytes() + before, where);
    byte[] data = new byte[(int) header.bytes()];
    int have = in.readNBytes(data, 0, data.length);
    if (have < data.length) {
      throw new JiffusionException(
          where
              + " is cut short: it declares "
              + header.bytes()
              + " bytes, it holds "
              + have
              + "; copy or make it again");
    }
    if (in.read() >= 0) {
      throw new JiffusionException(
          where + " goes on after the " + data.length + " bytes of its array, must end there");
    }
    int[] shape = Arrays.stream(header.shape()).mapToInt(Math::toIntExact).toArray();
    return new Npy(header.type(), shape, ByteBuffer.wrap(data).order(header.order()));
  }

  /** Writes a file, whole or not at all. The same array gives the same bytes. */
  public void write(Path file) {
    ByteBuffer header = header();
    AtomicFile.write(
        file,
        channel -> {
          writeFully(channel, header);
          writeFully(channel, data.duplicate());
        });
  }

  /**
   * Writes an array of bytes that lie in another file, whole or not at all; it may be larger than
   * memory.
   *
   * @param shape of the bytes, as many as the other file has
   */
  public static void pack(Path file, int[] shape, Path bytes) {
    AtomicFile.write(
        file,
        channel -> {
          writeFully(channel, header(Type.U1, ByteOrder.LITTLE_ENDIAN, shape));
          try (FileChannel in = FileChannel.open(bytes)) {
            for (long at = 0; at < in.size(); ) {
              at += in.transferTo(at, in.size() - at, channel);
            }
          }
        });
  }

  /** The header as NumPy writes it, format version 1. */
  ByteBuffer header() {
    return header(type, data.order(), shape);
  }

  static ByteBuffer header(Type type, ByteOrder bytes, int[] shape) {
    String order = type == Type.U1 ? "|" : bytes == ByteOrder.BIG_ENDIAN ? ">" : "<";
    String sizes =
        Arrays.stream(shape).mapToObj(size -> size + ",").collect(Collectors.joining(" "));
    if (shape.length > 1) {
      sizes = sizes.substring(0, sizes.length() - 1);
    }
    String text =
        "{'descr': '"
            + order
            + type.name().toLowerCase(Locale.ROOT)
            + "', 'fortran_order': False, 'shape': ("
            + sizes
            + "), }";
    int length = (NpyHeader.MAGIC.length + 4 + text.length() + 1 + 63) / 64 * 64;
    ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    header
        .put(NpyHeader.MAGIC)
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) (length - NpyHeader.MAGIC.length - 4));
    header.put(text.getBytes(StandardCharsets.US_ASCII));
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').flip();
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer buffer(int count, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
