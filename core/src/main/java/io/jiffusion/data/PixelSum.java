package io.jiffusion.data;

import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A checksum of the pixels of a source, taken along while it is read in order, so that who reads
 * all of it once has it for nothing. The same images give the same text, whatever holds them.
 */
final class PixelSum {
  private static final int BYTES_AT_ONCE = 1 << 24;

  private final CRC32C sum = new CRC32C();
  private int summed; // images from the first on

  /** Takes images along if they are the next ones. */
  synchronized void add(int from, Images read) {
    if (from == summed) {
      sum.update(read.bytes());
      summed += read.count();
    }
  }

  /** How many images, of what size, and their checksum; reads those that nobody has read yet. */
  String of(ImageSource source) {
    int size = source.height() * source.width() * source.channels();
    int most = Math.max(1, BYTES_AT_ONCE / size);
    while (summed < source.count()) {
      source.read(summed, Math.min(most, source.count() - summed)); // which adds them
    }
    return String.format(
        Locale.ROOT,
        "%d images of %dx%dx%d, sum %08x",
        source.count(),
        source.height(),
        source.width(),
        source.channels(),
        sum.getValue());
  }
}
