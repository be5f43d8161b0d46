package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Labelled images in memory, as bytes.
 *
 * @param images the images
 * @param labels class of each image, from 0; null if there are none
 * @param classNames name of each class; empty if there are none
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record ImageSet(Images images, int[] labels, List<String> classNames) implements Dataset {

  public ImageSet {
    if (labels != null && labels.length != images.count()) {
      throw new IllegalArgumentException(
          "illegal labels: "
              + labels.length
              + ", must be one for each of "
              + images.count()
              + " images");
    }
    classNames = List.copyOf(classNames);
  }

  @Override
  public int size() {
    return images.count();
  }

  @Override
  public int channels() {
    return images.channels();
  }

  @Override
  public int height() {
    return images.height();
  }

  @Override
  public int width() {
    return images.width();
  }

  @Override
  public int classes() {
    return classNames.size();
  }

  @Override
  public int label(int index) {
    return labels == null ? 0 : labels[index];
  }

  /** Some of the images, in this order. */
  public ImageSet pick(int... which) {
    int size = images.imageSize();
    byte[] bytes = new byte[Math.multiplyExact(which.length, size)];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(images.bytes(), which[i] * size, bytes, i * size, size);
    }
    return new ImageSet(
        new Images(which.length, height(), width(), channels(), bytes),
        labels == null ? null : IntStream.of(which).map(this::label).toArray(),
        classNames);
  }

  /** Level b becomes {@code b/127.5 − 1}. */
  @Override
  public void example(int index, float[] out, int offset) {
    byte[] bytes = images.bytes();
    int channels = images.channels();
    int plane = images.height() * images.width();
    int at = index * images.imageSize();
    for (int pixel = 0; pixel < plane; pixel++) {
      for (int channel = 0; channel < channels; channel++) {
        out[offset + channel * plane + pixel] = Images.toFloat(bytes[at++]);
      }
    }
  }

  @Override
  public String fingerprint() {
    CRC32C sum = new CRC32C();
    sum.update(images.bytes());
    for (int i = 0; i < size() && labels != null; i++) {
      sum.update(labels[i]);
      sum.update(labels[i] >>> 8);
    }
    classNames.forEach(name -> sum.update((name + "\n").getBytes(StandardCharsets.UTF_8)));
    return String.format(
        Locale.ROOT, "%d images of %d classes, sum %08x", size(), classes(), sum.getValue());
  }

  /** Refuses labels outside the classes. */
  static int[] checked(byte[] labels, int classes, Object file) {
    int[] checked = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      checked[i] = labels[i] & 0xFF;
      if (checked[i] >= classes) {
        throw new JiffusionException(
            file
                + " has label "
                + checked[i]
                + " at image "
                + i
                + ", must be 0 to "
                + (classes - 1));
      }
    }
    return checked;
  }
}
