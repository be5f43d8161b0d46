package io.jiffusion.pipeline;

import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.stream.IntStream;

/**
 * Noisy pictures that moving does not change: class 0 is plain, 1 lies, 2 stands, all others are
 * chequered.
 */
public final class Stripes {
  private Stripes() {}

  public static ImageSet of(int count, int size, int classes, long seed) {
    byte[] bytes = new byte[count * size * size];
    for (int i = 0; i < bytes.length; i++) {
      int x = i % size;
      int y = i / size % size;
      int label = i / (size * size) % classes;
      int bright =
          switch (label) {
            case 0 -> 1;
            case 1 -> y % 2;
            case 2 -> x % 2;
            default -> (x + y) % 2;
          };
      bytes[i] = (byte) (160 * bright + new Key(seed, i, Purpose.TOY).below(80, 0));
    }
    return new ImageSet(
        new Images(count, size, size, 1, bytes),
        IntStream.range(0, count).map(i -> i % classes).toArray(),
        IntStream.range(0, classes).mapToObj(c -> "class " + c).toList());
  }
}
