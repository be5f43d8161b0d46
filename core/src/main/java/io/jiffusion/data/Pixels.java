package io.jiffusion.data;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** From pictures of any kind to bytes. */
final class Pixels {
  private Pixels() {}

  /**
   * A picture as one grey or RGB image of 8 bits; what shines through is put on white. The numbers
   * are taken as they are stored: no colour profile and no gamma is applied.
   *
   * @throws IllegalArgumentException if its numbers are not whole, or of no known kind
   */
  static Images of(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    ColorModel model = picture.getColorModel();
    if (model instanceof IndexColorModel palette) {
      return of(picture.getRaster(), palette);
    }
    int type = picture.getRaster().getDataBuffer().getDataType();
    int colours = model.getNumColorComponents();
    if (type != DataBuffer.TYPE_BYTE
            && type != DataBuffer.TYPE_USHORT
            && type != DataBuffer.TYPE_INT
        || colours != 1 && colours != 3 && colours != 4) {
      throw new IllegalArgumentException(
          "its pixels are "
              + colours
              + (type == DataBuffer.TYPE_BYTE ? " numbers" : " numbers that are no bytes")
              + ", must be 1, 3 or 4 whole ones of up to 16 bits");
    }
    byte[] bytes =
        new byte[Math.multiplyExact(Math.multiplyExact(width, height), colours == 1 ? 1 : 3)];
    int bands = picture.getRaster().getNumBands();
    int[] largest = new int[bands];
    for (int band = 0; band < bands; band++) {
      int bits = picture.getSampleModel().getSampleSize(band);
      if (bits > 16) {
        throw new IllegalArgumentException("its pixels have " + bits + " bits, must be up to 16");
      }
      largest[band] = (1 << bits) - 1;
    }
    int[] row = new int[width * bands];
    int[] levels = new int[bands];
    int at = 0;
    for (int y = 0; y < height; y++) {
      picture.getRaster().getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int band = 0; band < bands; band++) {
          levels[band] = (row[x * bands + band] * 255 + largest[band] / 2) / largest[band];
        }
        int alpha = model.hasAlpha() ? levels[colours] : 255;
        for (int channel = 0; channel < Math.min(colours, 3); channel++) {
          int level =
              colours == 4 ? less(255 - levels[3], levels[channel]) & 0xFF : levels[channel];
          bytes[at++] = onWhite(level, alpha, model.isAlphaPremultiplied());
        }
      }
    }
    return new Images(1, height, width, colours == 1 ? 1 : 3, bytes);
  }

  private static Images of(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    byte[] bytes = new byte[Math.multiplyExact(Math.multiplyExact(width, raster.getHeight()), 3)];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int index : row) {
        int argb = palette.getRGB(index);
        for (int shift = 16; shift >= 0; shift -= 8) {
          bytes[at++] = onWhite(argb >> shift & 0xFF, argb >>> 24, false);
        }
      }
    }
    return new Images(1, raster.getHeight(), width, 3, bytes);
  }

  /** What an ink leaves of the light that black leaves: k − ink·k/255, rounded. */
  static byte less(int light, int ink) {
    return (byte) (light - (ink * light + 127) / 255);
  }

  private static byte onWhite(int level, int alpha, boolean multiplied) {
    int light = multiplied ? Math.min(level, alpha) * 255 : level * alpha;
    return (byte) ((light + 255 * (255 - alpha) + 127) / 255);
  }

  /**
   * The centre of an image at another size: the largest square in its middle, resampled.
   *
   * <p>The filter is a triangle as wide as two pixels of the coarser of the two grids (as Pillow's
   * BILINEAR): bilinear interpolation when enlarging, an average over everything covered when
   * reducing.
   */
  static Images square(Images image, int size) {
    int side = Math.min(image.width(), image.height());
    int channels = image.channels();
    int x0 = (image.width() - side) / 2;
    int y0 = (image.height() - side) / 2;
    float[][] weights = triangle(side, size);
    int[] starts = starts(side, size);
    float[] rows = new float[side * size * channels]; // [side, size, channels]
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < size; x++) {
        for (int channel = 0; channel < channels; channel++) {
          float sum = 0;
          for (int k = 0; k < weights[x].length; k++) {
            int from = ((y0 + y) * image.width() + x0 + starts[x] + k) * channels + channel;
            sum += weights[x][k] * (image.bytes()[from] & 0xFF);
          }
          rows[(y * size + x) * channels + channel] = sum;
        }
      }
    }
    byte[] out = new byte[size * size * channels];
    int stride = size * channels;
    for (int y = 0; y < size; y++) {
      for (int i = 0; i < stride; i++) {
        float sum = 0;
        for (int k = 0; k < weights[y].length; k++) {
          sum += weights[y][k] * rows[(starts[y] + k) * stride + i];
        }
        out[y * stride + i] = (byte) (int) Math.min(255, sum + 0.5f);
      }
    }
    return new Images(1, size, size, channels, out);
  }

  /** First source pixel of each pixel's filter. */
  private static int[] starts(int from, int to) {
    int[] starts = new int[to];
    for (int i = 0; i < to; i++) {
      starts[i] = Math.max(0, (int) Math.floor(centre(i, from, to) - support(from, to) + 0.5));
    }
    return starts;
  }

  /** Weights of the source pixels from the first on, summing to 1, for each pixel. */
  private static float[][] triangle(int from, int to) {
    float[][] weights = new float[to][];
    int[] starts = starts(from, to);
    double support = support(from, to);
    for (int i = 0; i < to; i++) {
      double centre = centre(i, from, to);
      int end = Math.min(from, (int) Math.floor(centre + support + 0.5));
      double[] exact = new double[end - starts[i]];
      double sum = 0;
      for (int k = 0; k < exact.length; k++) {
        exact[k] = Math.max(0, 1 - Math.abs(starts[i] + k + 0.5 - centre) / support);
        sum += exact[k];
      }
      weights[i] = new float[exact.length];
      for (int k = 0; k < exact.length; k++) {
        weights[i][k] = (float) (exact[k] / sum);
      }
    }
    return weights;
  }

  private static double centre(int i, int from, int to) {
    return (i + 0.5) * from / to;
  }

  private static double support(int from, int to) {
    return Math.max(1, (double) from / to);
  }

  /**
   * One channel instead of three by the weights of Rec. 601, or three equal ones instead of one.
   */
  static Images withChannels(Images image, int channels) {
    if (image.channels() == channels) {
      return image;
    }
    byte[] in = image.bytes();
    byte[] out = new byte[in.length / image.channels() * channels];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          channels == 3
              ? in[i / 3]
              : (byte)
                  ((299 * (in[3 * i] & 0xFF)
                          + 587 * (in[3 * i + 1] & 0xFF)
                          + 114 * (in[3 * i + 2] & 0xFF)
                          + 500)
                      / 1000);
    }
    return new Images(1, image.height(), image.width(), channels, out);
  }
}
