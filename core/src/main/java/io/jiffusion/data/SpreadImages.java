package io.jiffusion.data;

import java.util.List;

/** Some images of a source, evenly spread over all of them, because some sources are in order. */
final class SpreadImages implements ImageSource {
  private final ImageSource source;
  private final int count;

  SpreadImages(ImageSource source, int count) {
    this.source = source;
    this.count = count;
  }

  private int at(int index) {
    return (int) ((long) index * source.count() / count);
  }

  @Override
  public String name() {
    return count + " of " + source.name();
  }

  @Override
  public String fingerprint() {
    return count + " evenly spread over " + source.fingerprint();
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int height() {
    return source.height();
  }

  @Override
  public int width() {
    return source.width();
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
    return source.label(at(index));
  }

  @Override
  public Images read(int from, int some) {
    int size = height() * width() * channels();
    byte[] bytes = new byte[Math.multiplyExact(some, size)];
    for (int i = 0; i < some; i++) {
      System.arraycopy(source.read(at(from + i), 1).bytes(), 0, bytes, i * size, size);
    }
    return new Images(some, height(), width(), channels(), bytes);
  }

  @Override
  public void close() {
    source.close();
  }
}
