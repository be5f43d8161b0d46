package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file of PyTorch, read from any place. */
record FileBytes(Path path, FileChannel channel) {

  static FileBytes open(Path path) throws IOException {
    return new FileBytes(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  long size() throws IOException {
    return channel.size();
  }

  /** Fills a buffer from a place of the file. */
  void read(ByteBuffer buffer, long position) throws IOException {
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, position);
      if (read < 0) {
        throw new EOFException();
      }
      position += read;
    }
  }

  JiffusionException bad(String problem) {
    return new JiffusionException(path + " is not read: " + problem);
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // A file that was only read has nothing to lose.
    }
  }
}
