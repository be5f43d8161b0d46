package io.jiffusion.evaluate;

import io.jiffusion.data.Images;
import java.util.stream.IntStream;

/** How images are prepared for vision transformers: resized by cubic interpolation, then normed. */
enum VisionResizing {
  /**
   * As dgm-eval does for DINOv2: Pillow's bicubic (a = −0.5), which averages where it makes smaller
   * and rounds to bytes after the rows and after the columns; then ImageNet's mean and deviation.
   */
  DINO(
      "dgm-eval: Pillow's bicubic to %dx%d, then ImageNet's mean and deviation",
      new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f}, -0.5, true),

  /** As CMMD's program does: PyTorch's bicubic (a = −0.75) of floats, then CLIP's norms. */
  CMMD(
      "cmmd: bicubic to %dx%d without averaging, then CLIP's mean and deviation",
      new float[] {0.48145466f, 0.4578275f, 0.40821073f},
      new float[] {0.26862954f, 0.26130258f, 0.27577711f},
      -0.75,
      false);

  private final String told;
  private final float[] mean;
  private final float[] deviation;
  private final double a;
  private final boolean averages;

  VisionResizing(String told, float[] mean, float[] deviation, double a, boolean averages) {
    this.told = told;
    this.mean = mean;
    this.deviation = deviation;
    this.a = a;
    this.averages = averages;
  }

  /** In words, with the name of the program. */
  String told(int size) {
    return String.format(told, size, size);
  }

  /**
   * Prepares images.
   *
   * @param images grey ones get the same number in all three channels
   * @return [images, 3, size, size]
   */
  float[] prepare(Images images, int size) {
    int plane = size * size;
    float[] out = new float[Math.multiplyExact(images.count(), 3 * plane)];
    Taps rows = new Taps(images.height(), size);
    Taps columns = new Taps(images.width(), size);
    IntStream.range(0, images.count() * 3)
        .parallel()
        .forEach(
            i -> {
              double[] levels = levels(images, i / 3, i % 3 % images.channels());
              double[] across = columns.along(levels, images.height(), images.width());
              double[] resized = rows.along(across, size, images.height());
              for (int p = 0; p < plane; p++) {
                out[i * plane + p] = (float) (resized[p] / 255 - mean[i % 3]) / deviation[i % 3];
              }
            });
    return out;
  }

  /** One channel of an image. */
  private static double[] levels(Images images, int image, int channel) {
    double[] levels = new double[images.height() * images.width()];
    int from = image * images.imageSize() + channel;
    for (int i = 0; i < levels.length; i++) {
      levels[i] = images.bytes()[from + i * images.channels()] & 0xFF;
    }
    return levels;
  }

  /** The pixels that a pixel of the output is made of, and how much of each. */
  private final class Taps {
    private final int[][] pixels;
    private final double[][] shares;

    Taps(int from, int to) {
      pixels = new int[to][];
      shares = new double[to][];
      double scale = (double) from / to;
      double wide = averages ? Math.max(1, scale) : 1;
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        int first = (int) Math.ceil(centre - 2 * wide - 0.5);
        int count = (int) Math.floor(centre + 2 * wide - 0.5) - first + 1;
        pixels[i] = new int[count];
        shares[i] = new double[count];
        double sum = 0;
        for (int k = 0; k < count; k++) {
          int pixel = first + k;
          boolean inside = pixel >= 0 && pixel < from;
          pixels[i][k] = Math.max(0, Math.min(from - 1, pixel));
          // what lies outside counts as the border's pixel, or with averaging not at all
          shares[i][k] = inside || !averages ? cubic((pixel + 0.5 - centre) / wide) : 0;
          sum += shares[i][k];
        }
        for (int k = 0; k < count; k++) {
          shares[i][k] /= sum;
        }
      }
    }

    /**
     * Resizes the rows of an image and turns it on its side, so that twice makes it whole.
     *
     * @param levels [lines, from]
     * @return [to, lines]
     */
    double[] along(double[] levels, int lines, int from) {
      double[] out = new double[pixels.length * lines];
      for (int line = 0; line < lines; line++) {
        for (int i = 0; i < pixels.length; i++) {
          double sum = 0;
          for (int k = 0; k < pixels[i].length; k++) {
            sum += shares[i][k] * levels[line * from + pixels[i][k]];
          }
          out[i * lines + line] =
              averages ? Math.max(0, Math.min(255, Math.floor(sum + 0.5))) : sum;
        }
      }
      return out;
    }
  }

  private double cubic(double distance) {
    double t = Math.abs(distance);
    return t <= 1
        ? ((a + 2) * t - (a + 3)) * t * t + 1
        : t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
  }
}
