package io.jiffusion.pipeline;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Holds a run folder for one training at a time, by a lock on a file in it that the system lets go
 * when the process ends, however it ends. The file is gone afterwards; one that a killed process
 * left is taken over.
 */
final class RunLock implements AutoCloseable {
  /** Small enough for a disk that is nearly full. */
  private static final int MOST = 1 << 16;

  private final Path file;
  private FileChannel channel;

  /**
   * Takes the lock; the folder is made if need be.
   *
   * @throws JiffusionException if another training has it, or the folder cannot be written to
   */
  RunLock(Path folder) {
    file = folder.resolve(".lock");
    try {
      Files.createDirectories(folder);
      while (!taken()) {
        channel.close(); // its file was removed by the training before, which just ended
      }
    } catch (OverlappingFileLockException e) {
      // Locked by this very process, which the system does not count as another.
      throw new JiffusionException(busy(folder), e);
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot write to "
              + folder
              + ": "
              + AtomicFile.reason(e)
              + "; make that possible, or choose another --out",
          e);
    }
    if (channel == null) {
      throw new JiffusionException(busy(folder));
    }
  }

  private static String busy(Path folder) {
    return folder + " is being trained already; stop that training, or choose another --out";
  }

  /** Whether it is settled who has the file that is there now; the channel is null if another. */
  private boolean taken() throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean done = false;
    try {
      FileLock lock = channel.tryLock();
      done = true;
      if (lock == null) {
        channel.close();
        channel = null;
        return true;
      }
    } finally {
      if (!done) {
        channel.close();
      }
    }
    // Told by its size: to open it once more and close that would let go of the lock.
    int size = ThreadLocalRandom.current().nextInt(1, MOST);
    channel.truncate(0).write(ByteBuffer.allocate(1), size - 1);
    return Files.exists(file) && Files.size(file) == size;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A left-over costs nothing; where open files cannot be removed, it stays.
    }
    try {
      channel.close();
    } catch (IOException e) {
      // The system lets go of it with the process.
    }
  }
}
