package io.jiffusion.evaluate;

import io.jiffusion.data.Images;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import tools.jackson.databind.JsonNode;

/** Weights and images that are given by formulas (test resource inception/README.md). */
final class Formula {
  private Formula() {}

  /** A file of these tensors. */
  static Path write(Path file, String salt, JsonNode tensors) {
    Map<String, Array> arrays = new LinkedHashMap<>();
    for (JsonNode tensor : tensors) {
      String name = tensor.get("name").asString();
      long[] shape = tensor.get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
      if (!name.endsWith("num_batches_tracked")) {
        arrays.put(name, Array.of(values(salt + name, tensor, count(shape)), shape));
      }
    }
    Safetensors.write(file, arrays, Map.of());
    return file;
  }

  private static int count(long[] shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return (int) count;
  }

  private static float[] values(String key, JsonNode tensor, int count) {
    CRC32 crc = new CRC32();
    crc.update(key.getBytes(StandardCharsets.UTF_8));
    double offset = tensor.path("offset").asDouble();
    double scale = tensor.path("scale").asDouble();
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      long z = (crc.getValue() << 32) + i + 0x9E3779B97F4A7C15L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      values[i] = (float) (offset + scale * (2 * ((z >>> 11) * 0x1p-53) - 1));
    }
    return values;
  }

  /** Image number k. */
  static Images image(long k, int w, int h) {
    byte[] bytes = new byte[w * h * 3];
    long cx = w * (1 + k % 3) / 4;
    long cy = h * (3 - k % 3) / 4;
    for (int i = 0; i < bytes.length; i++) {
      long z = i % 3;
      long x = i / 3 % w;
      long y = i / 3 / w;
      long r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
      long ramp = x * (3 + 2 * z) * 255 / (5L * w) + y * (k + 1) * 90 / h;
      long ring = r2 * (k + 2) * 64 / ((long) w * h) % 2 * (40 + 30 * z);
      long texture =
          ((x * 1103515245L + y * 12345L + z * 2654435761L + k * 97) >> 7) % (1 + 16 * (k % 4));
      bytes[i] = (byte) ((ramp + ring + texture) % 256);
    }
    return new Images(1, h, w, 3, bytes);
  }
}
