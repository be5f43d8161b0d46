package io.jiffusion.data;

/**
 * Examples to learn from, each [channels, height, width] with values in [−1, 1]. Safe for reading
 * from several threads.
 */
public interface Dataset {

  /** Number of examples. */
  int size();

  int channels();

  int height();

  int width();

  /** Number of classes; 0 if the examples have none. */
  int classes();

  /** Class of an example, from 0; 0 where there are none. */
  int label(int index);

  /** Writes an example, channels first and row-major, to {@code out[offset] …}. */
  void example(int index, float[] out, int offset);

  /** Numbers that an example consists of. */
  default int exampleSize() {
    return channels() * height() * width();
  }
}
