package io.jiffusion.data;

import java.util.List;

/** A labelled set in memory as a source. */
final class HeldImages implements ImageSource {
  private final String name;
  private final ImageSet set;
  private final PixelSum sum = new PixelSum();

  HeldImages(String name, ImageSet set) {
    this.name = name;
    this.set = set;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String fingerprint() {
    return sum.of(this);
  }

  @Override
  public int count() {
    return set.size();
  }

  @Override
  public int height() {
    return set.height();
  }

  @Override
  public int width() {
    return set.width();
  }

  @Override
  public int channels() {
    return set.channels();
  }

  @Override
  public List<String> classes() {
    return set.classNames();
  }

  @Override
  public int label(int index) {
    return set.label(index);
  }

  @Override
  public Images read(int from, int count) {
    Images read = set.images().range(from, from + count);
    sum.add(from, read);
    return read;
  }

  @Override
  public void close() {}
}
