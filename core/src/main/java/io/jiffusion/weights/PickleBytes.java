package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A range of a file, read forwards; nothing is allocated before it is known to be there. */
final class PickleBytes {
  /** Bytes of a pickle, or of a text or number in it. */
  static final int MOST = 1 << 25;

  private final FileBytes file;
  private final long end;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 13).limit(0);
  private long next;

  PickleBytes(FileBytes file, long from, long end) {
    this.file = file;
    this.next = from;
    this.end = end;
  }

  /** Of the next byte, in the file. */
  long position() {
    return next - buffer.remaining();
  }

  /** Bytes that follow. */
  long remaining() {
    return end - position();
  }

  int next() throws IOException {
    if (!buffer.hasRemaining()) {
      if (next >= end) {
        throw error("it ends in the middle of a pickle; copy or download it again");
      }
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - next));
      file.read(buffer, next);
      next += buffer.flip().remaining();
    }
    return buffer.get() & 0xFF;
  }

  /** A little-endian number of up to 8 bytes, the sign of 8 its own. */
  long number(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) next() << (8 * i);
    }
    return value;
  }

  byte[] bytes(long count, long most) throws IOException {
    if (count < 0 || count > remaining()) {
      throw error(
          "it holds a text or number of "
              + Long.toUnsignedString(count)
              + " bytes, more than follow; copy or download it again");
    }
    if (count > Math.min(most, MOST)) {
      throw error("it holds a text or number of " + count + " bytes, more than any checkpoint");
    }
    byte[] bytes = new byte[(int) count];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) next();
    }
    return bytes;
  }

  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = next(); c != '\n'; c = next()) {
      if (line.length() > 10_000) {
        throw error("it holds a line of more than 10000 letters");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  JiffusionException error(String problem) {
    return file.bad(problem);
  }
}
