package io.jiffusion.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file as Java's decoders read it. It is opened by its {@link Path}, whose name may have
 * characters that the locale does not know, and its beginning may be replaced by another.
 */
final class PictureStream extends ImageInputStreamImpl {
  private static final int BUFFER = 1 << 16;

  private final SeekableByteChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  private long bufferStart;

  /** Decoders that go on after the end, a pixel at a time, would take minutes. */
  private static final int MOST_AFTER_END = 1 << 20;

  private final long size; // of the file
  private int afterEnd; // reads
  private byte[] head = {};
  private long rest;

  PictureStream(Path file) throws IOException {
    channel = Files.newByteChannel(file);
    size = channel.size();
  }

  /**
   * Replaces the beginning.
   *
   * @param bytes what is read from now on, before the rest
   * @param from where in the file the rest begins
   */
  void begin(byte[] bytes, long from) throws IOException {
    head = bytes;
    rest = from;
    seek(0);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  /** As many as there are: Java's own readInt takes fewer bytes for the end of the file. */
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    checkClosed();
    bitOffset = 0;
    int done = 0;
    while (done < length) {
      int count;
      if (streamPos < head.length) {
        count = (int) Math.min(length - done, head.length - streamPos);
        System.arraycopy(head, (int) streamPos, bytes, offset + done, count);
      } else if (fill(streamPos - head.length + rest)) {
        count = Math.min(length - done, buffer.remaining());
        buffer.get(bytes, offset + done, count);
      } else {
        if (++afterEnd > MOST_AFTER_END) {
          throw new IOException("it ends before all of its pixels");
        }
        break;
      }
      streamPos += count;
      done += count;
    }
    return done == 0 && length > 0 ? -1 : done;
  }

  /** Has the buffer stand at a place of the file; false at its end. */
  private boolean fill(long place) throws IOException {
    if (place >= bufferStart && place < bufferStart + buffer.limit()) {
      buffer.position((int) (place - bufferStart));
      return true;
    }
    if (place >= size) {
      return false;
    }
    bufferStart = place;
    buffer.clear();
    channel.position(place);
    int count = channel.read(buffer);
    buffer.flip();
    return count > 0;
  }

  /** Bytes of the file as a decoder reads it. */
  @Override
  public long length() {
    try {
      return channel.size() - rest + head.length;
    } catch (IOException e) {
      return -1; // not known
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    channel.close();
  }
}
