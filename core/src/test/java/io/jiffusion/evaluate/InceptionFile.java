package io.jiffusion.evaluate;

import io.jiffusion.Fixtures;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import tools.jackson.databind.JsonNode;

/** An Inception whose weights are a formula (test resource inception/README.md). */
final class InceptionFile {
  private InceptionFile() {}

  static Path write(Path file) {
    JsonNode formula = Fixtures.json("inception/weights.json");
    Map<String, Array> arrays = new LinkedHashMap<>();
    for (JsonNode tensor : formula.get("tensors")) {
      String name = tensor.get("name").asString();
      long[] shape = tensor.get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
      float[] values = values(formula.get("salt").asString() + name, tensor, count(shape));
      if (!name.endsWith("num_batches_tracked")) {
        arrays.put(name, Array.of(values, shape));
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
}
