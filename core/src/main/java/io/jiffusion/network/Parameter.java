package io.jiffusion.network;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A parameter that a network asks for.
 *
 * @param name with its scopes, such as {@code down.0.res.1.conv1.weight}
 * @param shape convolutions [out, in, k, k], linear layers [out, in]
 * @param init how it starts
 * @param trained whether training changes it
 */
public record Parameter(String name, Shape shape, Init init, boolean trained) {

  /** The values that training starts from, of a seed and the name: the same in any network. */
  public float[] fresh(long seed) {
    CRC32 hash = new CRC32();
    hash.update(name.getBytes(StandardCharsets.UTF_8));
    return init.values(
        new Key(seed, hash.getValue(), Purpose.INIT), Math.toIntExact(shape.count()));
  }
}
