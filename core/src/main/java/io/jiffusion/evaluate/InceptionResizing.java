package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.data.Images;
import io.jiffusion.network.InceptionV3;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How images are brought to 299×299 pixels for {@link InceptionV3}: the same network gives other
 * features after the one and after the other, by some percent of them, so their distances are not
 * to be compared. Both interpolate between the four pixels around a place, in float32, and round
 * nothing; neither averages over what lies between where an image is made smaller.
 */
public enum InceptionResizing {
  /** As torch-fidelity, TensorFlow 1 and the evaluator of guided-diffusion do. */
  TORCH_FIDELITY("torch-fidelity", "bilinear to 299x299 as TensorFlow 1, then (x - 128) / 128") {
    @Override
    float place(int i, int size) {
      return i * ((float) size / InceptionV3.SIZE); // pixel i is where the output's pixel i is
    }

    @Override
    float value(float level) {
      return (level - 128) / 128;
    }
  },

  /** As pytorch-fid does. */
  PYTORCH_FID(
      "pytorch-fid",
      "bilinear to 299x299 with pixels as areas, then 2 x - 1 of levels from 0 to 1") {
    @Override
    float place(int i, int size) {
      return Math.max(0, (i + 0.5f) * ((float) size / InceptionV3.SIZE) - 0.5f);
    }

    @Override
    float value(float level) {
      return 2 * (level / 255) - 1;
    }
  };

  private final String word;
  private final String told;

  InceptionResizing(String word, String told) {
    this.word = word;
    this.told = told;
  }

  /**
   * Finds one by the name of the program that does it.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static InceptionResizing of(String word) {
    List<String> words = Arrays.stream(values()).map(each -> each.word).toList();
    Check.oneOf(words, "preparation", word);
    return values()[words.indexOf(word)];
  }

  /** Where a pixel of the output lies among those of an image. */
  abstract float place(int i, int size);

  /** What a level from 0 to 255 becomes. */
  abstract float value(float level);

  /** In words, with the name of the program. */
  String told() {
    return word + ": " + told;
  }

  /**
   * Prepares images.
   *
   * @param images grey ones get the same number in all three channels
   * @return [images, 3, 299, 299]
   */
  float[] prepare(Images images) {
    int size = InceptionV3.SIZE;
    int plane = size * size;
    float[] out = new float[Math.multiplyExact(images.count(), 3 * plane)];
    Axis rows = new Axis(images.height());
    Axis columns = new Axis(images.width());
    IntStream.range(0, images.count() * 3)
        .parallel()
        .forEach(
            i -> plane(images, i / 3, i % 3 % images.channels(), rows, columns, out, i * plane));
    return out;
  }

  /** One channel of one image. */
  private void plane(
      Images images, int image, int channel, Axis rows, Axis columns, float[] out, int at) {
    byte[] bytes = images.bytes();
    int size = InceptionV3.SIZE;
    int c = images.channels();
    int start = image * images.imageSize() + channel;
    float[] levels = new float[images.height() * images.width()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = bytes[start + i * c] & 0xFF;
    }
    for (int y = 0; y < size; y++) {
      int above = rows.low[y] * images.width();
      int below = rows.high[y] * images.width();
      for (int x = 0; x < size; x++) {
        int left = columns.low[x];
        int right = columns.high[x];
        float share = columns.share[x];
        float top = levels[above + left] + (levels[above + right] - levels[above + left]) * share;
        float bottom =
            levels[below + left] + (levels[below + right] - levels[below + left]) * share;
        out[at + y * size + x] = value(top + (bottom - top) * rows.share[y]);
      }
    }
  }

  /** The two pixels on either side of each pixel of the output, and how much of the second. */
  private final class Axis {
    final int[] low = new int[InceptionV3.SIZE];
    final int[] high = new int[InceptionV3.SIZE];
    final float[] share = new float[InceptionV3.SIZE];

    Axis(int size) {
      for (int i = 0; i < low.length; i++) {
        float place = place(i, size);
        low[i] = Math.min((int) place, size - 1);
        high[i] = Math.min(low[i] + 1, size - 1);
        share[i] = place - low[i];
      }
    }
  }
}
