package io.jiffusion.data;

import java.util.List;

/**
 * A set of images of one size that is read piece by piece, so that it may be larger than memory: a
 * file, a folder, a data set.
 */
public interface ImageSource extends AutoCloseable {

  /** What it is called in results, such as {@code mnist, test} or the name of a file. */
  String name();

  /** Tells whether two sources have the same images, in words, with a checksum. */
  String fingerprint();

  /** How many images. */
  int count();

  int height();

  int width();

  /** 1 for grey, 3 for RGB. */
  int channels();

  /** Names of the classes; empty if there are none. */
  List<String> classes();

  /** Class of an image, from 0; 0 where there are none. */
  int label(int index);

  /** Images {@code from … from+count−1}. */
  Images read(int from, int count);

  @Override
  void close();
}
