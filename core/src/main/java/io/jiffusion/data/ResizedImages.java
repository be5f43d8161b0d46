package io.jiffusion.data;

import java.util.List;

/** Images of a source at another size: the middle square of each, resampled. */
final class ResizedImages implements ImageSource {
  private final ImageSource source;
  private final int size;
  private final PixelSum sum = new PixelSum();

  ResizedImages(ImageSource source, int size) {
    this.source = source;
    this.size = size;
  }

  @Override
  public String name() {
    return source.name() + resized(size);
  }

  /** What is said of images that were resized. */
  static String resized(int size) {
    return ", resized to " + size + "x" + size;
  }

  @Override
  public String fingerprint() {
    return sum.of(this);
  }

  @Override
  public int count() {
    return source.count();
  }

  @Override
  public int height() {
    return size;
  }

  @Override
  public int width() {
    return size;
  }

  @Override
  public int channels() {
    return source.channels();
  }

  @Override
  public List<String> classes() {
    return source.classes();
  }

  @Override
  public int label(int index) {
    return source.label(index);
  }

  @Override
  public Images read(int from, int count) {
    Images all = source.read(from, count);
    int imageSize = size * size * channels();
    byte[] bytes = new byte[Math.multiplyExact(count, imageSize)];
    for (int i = 0; i < count; i++) {
      byte[] one = Pixels.square(all.range(i, i + 1), size).bytes();
      System.arraycopy(one, 0, bytes, i * imageSize, imageSize);
    }
    Images read = new Images(count, size, size, channels(), bytes);
    sum.add(from, read);
    return read;
  }

  @Override
  public void close() {
    source.close();
  }
}
