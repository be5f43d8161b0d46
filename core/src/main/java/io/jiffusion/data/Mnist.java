package io.jiffusion.data;

import io.jiffusion.run.JiffusionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** Temporary reader. */
public final class Mnist implements Dataset {
  private final byte[] images;
  private final byte[] labels;

  public Mnist(Path folder, String part) {
    images = read(folder.resolve(part + "-images-idx3-ubyte.gz"));
    labels = read(folder.resolve(part + "-labels-idx1-ubyte.gz"));
  }

  private static byte[] read(Path file) {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file, e);
    }
  }

  @Override
  public int size() {
    return labels.length - 8;
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public int height() {
    return 32;
  }

  @Override
  public int width() {
    return 32;
  }

  @Override
  public int classes() {
    return 10;
  }

  @Override
  public int label(int index) {
    return labels[8 + index];
  }

  @Override
  public void example(int index, float[] out, int offset) {
    Arrays.fill(out, offset, offset + 1024, -1f);
    for (int y = 0; y < 28; y++) {
      for (int x = 0; x < 28; x++) {
        out[offset + (y + 2) * 32 + x + 2] = (images[16 + index * 784 + y * 28 + x] & 255) / 127.5f - 1;
      }
    }
  }
}
