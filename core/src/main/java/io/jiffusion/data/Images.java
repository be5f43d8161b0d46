package io.jiffusion.data;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Images as plain Java arrays.
 *
 * @param count how many
 * @param height of each
 * @param width of each
 * @param channels 1 for grey, 3 for red, green, blue
 * @param bytes [count, height, width, channels], 0 to 255, row-major
 * @param values the numbers before rounding, [count, channels, height, width] in [−1, 1]; null
 *     where nobody asked for them
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Images(int count, int height, int width, int channels, byte[] bytes, float[] values) {

  public Images {
    long size = (long) height * width * channels;
    if (count < 0 || height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "illegal images: "
              + count
              + " of "
              + height
              + "x"
              + width
              + "x"
              + channels
              + ", sizes must be 1 or more");
    }
    if (bytes.length != count * size) {
      throw new IllegalArgumentException(
          "illegal bytes: "
              + bytes.length
              + ", must be "
              + count * size
              + " for "
              + count
              + " images of "
              + height
              + "x"
              + width
              + "x"
              + channels);
    }
    if (values != null && values.length != bytes.length) {
      throw new IllegalArgumentException(
          "illegal values: " + values.length + ", must be " + bytes.length + ", as many as bytes");
    }
  }

  /** Images without the numbers before rounding. */
  public Images(int count, int height, int width, int channels, byte[] bytes) {
    this(count, height, width, channels, bytes, null);
  }

  /**
   * A picture as one image, grey or RGB; what shines through is put on white. The numbers are taken
   * as they are stored: no colour profile and no gamma is applied.
   *
   * @throws IllegalArgumentException if its pixels are not 1, 3 or 4 whole numbers of up to 16 bits
   */
  public static Images of(BufferedImage picture) {
    return Pixels.of(picture);
  }

  /**
   * Rounds a sampler's result to bytes by {@link #toByte}.
   *
   * @param nchw [count, channels, height, width], about [−1, 1]
   * @param keepValues whether the numbers are kept too, as floats
   */
  public static Images of(
      int count, int channels, int height, int width, double[] nchw, boolean keepValues) {
    int plane = height * width;
    byte[] bytes = new byte[nchw.length];
    float[] values = keepValues ? new float[nchw.length] : null;
    for (int i = 0; i < nchw.length; i++) {
      int channel = i / plane % channels;
      bytes[(i / plane / channels * plane + i % plane) * channels + channel] = toByte(nchw[i]);
      if (keepValues) {
        values[i] = (float) nchw[i];
      }
    }
    return new Images(count, height, width, channels, bytes, values);
  }

  /**
   * The nearest of 256 levels, −1 → 0 and 1 → 255: diffusers' rule, {@code clamp(x/2 + 0.5)·255}
   * rounded half to even, in float32 as there. NaN gives 0.
   *
   * <p>Other programs differ by up to one level: improved-diffusion truncates {@code (x +
   * 1)·127.5}, EDM truncates {@code x·127.5 + 128}.
   */
  public static byte toByte(double x) {
    return (byte) (int) Math.rint(Math.min(1, Math.max(0, (float) x / 2 + 0.5f)) * 255);
  }

  /** A level as a number in [−1, 1]. */
  public static float toFloat(byte level) {
    return (level & 0xFF) / 127.5f - 1;
  }

  /** All levels as numbers in [−1, 1], [count, channels, height, width]. */
  public float[] floats() {
    float[] floats = new float[bytes.length];
    int plane = height * width;
    for (int i = 0; i < floats.length; i++) {
      int channel = i / plane % channels;
      floats[i] = toFloat(bytes[(i / plane / channels * plane + i % plane) * channels + channel]);
    }
    return floats;
  }

  /** Bytes of one image, height · width · channels. */
  public int imageSize() {
    return height * width * channels;
  }

  /** Some of the images, without the numbers before rounding. */
  public Images range(int from, int to) {
    return new Images(
        to - from,
        height,
        width,
        channels,
        Arrays.copyOfRange(bytes, from * imageSize(), to * imageSize()));
  }

  /**
   * One image, grey or RGB.
   *
   * @throws IllegalArgumentException if the images have neither 1 nor 3 channels
   */
  public BufferedImage image(int index) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "illegal index: " + index + ", must be in 0 to " + (count - 1));
    }
    BufferedImage picture = new BufferedImage(width, height, type());
    int[] samples = new int[imageSize()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = bytes[index * samples.length + i] & 0xFF;
    }
    picture.getRaster().setPixels(0, 0, width, height, samples);
    return picture;
  }

  /**
   * Writes a PNG, whole or not at all: the image, or all of them side by side in about as many rows
   * as columns.
   *
   * @param file named {@code .png}
   * @throws io.jiffusion.base.JiffusionException if it cannot be written
   * @throws IllegalArgumentException if it has another name, the images have neither 1 nor 3
   *     channels, or there is none
   */
  public void write(Path file) {
    if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new IllegalArgumentException(
          "illegal file: "
              + file
              + ", must be named .png, as it becomes one; for another kind give image(0) to ImageIO");
    }
    Png.write(file, sheet((int) Math.ceil(Math.sqrt(count)), 0), Map.of());
  }

  /** {@link #sheet} without gaps, as a picture. */
  public BufferedImage grid(int columns) {
    return sheet(columns, 0).image(0);
  }

  /**
   * All images on one, in rows of {@code columns}, the rest of the last row black.
   *
   * @param gap black pixels between neighbours
   */
  public Images sheet(int columns, int gap) {
    if (columns < 1 || gap < 0 || count == 0) {
      throw new IllegalArgumentException(
          "illegal sheet of "
              + count
              + " images: "
              + columns
              + " columns with a gap of "
              + gap
              + ", must be an image and a column at least and no negative gap");
    }
    int rows = (count + columns - 1) / columns;
    int sheetWidth = Math.min(columns, count) * (width + gap) - gap;
    int sheetHeight = rows * (height + gap) - gap;
    byte[] sheet =
        new byte[Math.multiplyExact(Math.multiplyExact(sheetWidth, sheetHeight), channels)];
    for (int row = 0; row < count * height; row++) {
      int image = row / height;
      int y = image / columns * (height + gap) + row % height;
      int x = image % columns * (width + gap);
      System.arraycopy(
          bytes, row * width * channels, sheet, (y * sheetWidth + x) * channels, width * channels);
    }
    return new Images(1, sheetHeight, sheetWidth, channels, sheet);
  }

  /** Another set of the same format behind this one, without the numbers before rounding. */
  public Images plus(Images other) {
    if (other.height != height || other.width != width || other.channels != channels) {
      throw new IllegalArgumentException(
          "illegal images: "
              + other.height
              + "x"
              + other.width
              + "x"
              + other.channels
              + ", must be "
              + height
              + "x"
              + width
              + "x"
              + channels);
    }
    byte[] both = Arrays.copyOf(bytes, Math.addExact(bytes.length, other.bytes.length));
    System.arraycopy(other.bytes, 0, both, bytes.length, other.bytes.length);
    return new Images(count + other.count, height, width, channels, both);
  }

  private int type() {
    return switch (channels) {
      case 1 -> BufferedImage.TYPE_BYTE_GRAY;
      case 3 -> BufferedImage.TYPE_INT_RGB;
      default ->
          throw new IllegalArgumentException(
              "illegal picture of " + channels + " channels, must be 1 or 3");
    };
  }
}
