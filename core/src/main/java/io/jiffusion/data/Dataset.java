package io.jiffusion.data;

import java.util.List;

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

  /** Name of each class; empty where nobody knows them. */
  default List<String> classNames() {
    return List.of();
  }

  /** Class of an example, from 0; 0 where there are none. */
  int label(int index);

  /** Writes an example, channels first and row-major, to {@code out[offset] …}. */
  void example(int index, float[] out, int offset);

  /**
   * Tells whether two sets have the same examples, in words: how many, of how many classes, and a
   * checksum where there is one. Where the files lie does not matter.
   */
  default String fingerprint() {
    return size() + " examples of " + classes() + " classes";
  }

  /** Numbers that an example consists of. */
  default int exampleSize() {
    return channels() * height() * width();
  }
}
