package io.jiffusion.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes a file whole or not at all: under a temporary name in the same folder, forced to the disk,
 * then renamed. A reader of the old file keeps the old file.
 */
public final class AtomicFile {
  private static final AtomicLong NUMBER = new AtomicLong();

  private AtomicFile() {}

  /** What writes the content. */
  @FunctionalInterface
  public interface Body {
    /** Writes everything, from the channel's start. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Replaces a file, or makes it.
   *
   * @throws JiffusionException if it cannot be written; the target is then as before and nothing is
   *     left over
   */
  public static void write(Path target, Body body) {
    Path file = target.toAbsolutePath();
    if (Files.isDirectory(file)) {
      throw new JiffusionException(
          "cannot write " + target + ": it is a folder, must be a file name");
    }
    Path temporary =
        file.resolveSibling(
            file.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + NUMBER.incrementAndGet()
                + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        body.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + target + ": " + reason(e), e);
    } finally {
      delete(temporary);
    }
    forceFolder(file.getParent());
  }

  /**
   * Deletes what processes that were killed while they wrote have left in a folder. For folders
   * that one process at a time writes to.
   */
  public static void deleteUnfinished(Path folder) {
    try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(folder, "*.*-*.tmp")) {
      unfinished.forEach(AtomicFile::delete);
    } catch (IOException e) {
      // Left-overs cost room and nothing else.
    }
  }

  /** In words, why a file cannot be opened, read or written. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "there is a file of this name";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static void delete(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // What made the writing fail matters more than what is left over.
    }
  }

  /**
   * Makes the rename itself last through a power cut; folders cannot be opened on Windows, which
   * does not need it.
   */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The file itself is safe.
    }
  }
}
